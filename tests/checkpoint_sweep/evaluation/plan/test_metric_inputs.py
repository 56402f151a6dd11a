"""The inputs hold what TFMA's ``to_label_prediction_example_weight`` yields for each example."""

import itertools

import numpy as np
import pytest
from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.plan import metric_inputs

CLASSES = 5
EXAMPLES = 12
SUB_KEYS = (
    None,
    metric_types.SubKey(class_id=0),
    metric_types.SubKey(class_id=3),
    metric_types.SubKey(k=2),
    metric_types.SubKey(top_k=2),
)
LABELS = {
    "sparse": lambda random: random.integers(0, CLASSES, (EXAMPLES, 1)),
    "dense": lambda random: np.eye(CLASSES, dtype=np.float32)[
        random.integers(0, CLASSES, EXAMPLES)
    ],
    "multi-label": lambda random: random.integers(0, 2, (EXAMPLES, CLASSES)),
    "fractional": lambda random: random.random((EXAMPLES, CLASSES), np.float32),
}


def _expected(labels, predictions, weights, spec):
    """TFMA's triples of one example after another, as rows of floats."""
    aggregation = metric_types.AggregationType(micro_average=True) if spec.aggregated else None
    for label, prediction, weight in zip(labels, predictions, weights, strict=True):
        inputs = metric_types.StandardMetricInputs(
            labels=label, predictions=prediction, example_weights=weight[None]
        )
        for triple in metric_util.to_label_prediction_example_weight(
            inputs,
            sub_key=spec.sub_key,
            aggregation_type=aggregation,
            class_weights=dict(spec.class_weights),
            example_weighted=spec.example_weighted,
            flatten=spec.flatten,
        ):
            yield [np.asarray(part, np.float64).ravel().tolist() for part in triple]


def _actual(given, model):
    """The same of a given."""
    for example in range(given.prediction.shape[1]):
        label = given.label[min(model, given.label.shape[0] - 1), example]
        weight = given.weight[0, example]
        prediction = given.prediction[model, example]
        if weight.size == 1 and prediction.size > 1:
            yield [part.astype(np.float64).tolist() for part in (label, prediction, weight)]
        else:
            for parts in zip(label, prediction, weight, strict=True):
                yield [[float(part)] for part in parts]


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("sub_key", SUB_KEYS, ids=str)
@pytest.mark.parametrize(
    ("aggregated", "weighted", "flatten"), list(itertools.product((False, True), repeat=3))
)
def test_inputs_hold_tfmas_labels_predictions_and_weights(
    kind, sub_key, aggregated, weighted, flatten
):
    random = np.random.default_rng(0)
    labels = LABELS[kind](random)
    weights = random.random(EXAMPLES, np.float32)
    predictions = random.random((2, EXAMPLES, CLASSES), np.float32)
    class_weights = ((0, 0.5), (2, 2.0)) if aggregated and flatten and sub_key is None else ()
    spec = metric_inputs.InputSpec(
        sub_key=sub_key,
        aggregated=aggregated,
        class_weights=class_weights,
        example_weighted=weighted,
        flatten=flatten,
    )
    inputs = metric_inputs.Batch(
        EXAMPLES, labels, weights, predictions, config_pb2.ModelSpec(label_key="label"), ""
    )
    given = inputs.inputs(spec)
    assert given.regular.all()
    for model in range(2):
        expected = list(_expected(labels, predictions[model], weights, spec))
        assert list(_actual(given, model)) == expected


NAMES = np.array([b"ant", b"bee", b"cat"], object)
VOCABULARIES = {
    "the same for all": lambda random: np.tile(NAMES, (2, EXAMPLES, 1)),
    "another for each example": lambda random: random.permuted(
        np.tile(NAMES, (2, EXAMPLES, 1)), axis=2
    ),
    "another for each model": lambda random: np.stack(
        [np.tile(names, (EXAMPLES, 1)) for names in (NAMES, NAMES[::-1])]
    ),
    "the same name twice": lambda random: np.tile(NAMES[[0, 1, 1]], (2, EXAMPLES, 1)),
    "in a list of its own": lambda random: random.permuted(
        np.tile(NAMES, (2, EXAMPLES, 1, 1)), axis=3
    ),
}


@pytest.mark.parametrize("kind", VOCABULARIES)
@pytest.mark.parametrize("key", ["classes", "all_classes"])
@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("sub_key", [None, metric_types.SubKey(class_id=1)], ids=str)
def test_text_labels_are_numbers_by_the_classes_of_each_example(kind, key, flatten, sub_key):
    random = np.random.default_rng(0)
    labels = random.choice(NAMES, (EXAMPLES, 1))
    predictions = {
        "scores": random.random((2, EXAMPLES, 3), np.float32),
        key: VOCABULARIES[kind](random),
    }
    spec = metric_inputs.InputSpec(flatten=flatten, sub_key=sub_key)
    inputs = metric_inputs.Batch(
        EXAMPLES, labels, None, predictions, config_pb2.ModelSpec(label_key="label"), ""
    )
    given = inputs.inputs(spec)
    weights = np.ones(EXAMPLES, np.float32)
    for model in range(2):
        by_example = [
            {name: values[model, i] for name, values in predictions.items()}
            for i in np.flatnonzero(given.regular)
        ]
        expected = _expected(labels[given.regular], by_example, weights[given.regular], spec)
        assert list(_actual(given, model)) == list(expected)


def test_classes_that_are_one_for_each_example_are_no_vocabulary():
    predictions = {
        "scores": np.ones((1, EXAMPLES, 3), np.float32),
        "classes": np.full((1, EXAMPLES), b"ant", object),
    }
    labels = np.full((EXAMPLES, 1), b"ant", object)
    batch = metric_inputs.Batch(EXAMPLES, labels, None, predictions, config_pb2.ModelSpec(), "")
    with pytest.raises(metric_inputs.UnsupportedError):
        batch.inputs(metric_inputs.InputSpec())
