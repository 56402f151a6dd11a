"""The vectorized metric, the same example by example, stock TFMA and other libraries agree."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from sklearn import metrics as sklearn_metrics
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.plan import combiners
from checkpoint_sweep.metrics.batch_metric import FormulaCombiner
from checkpoint_sweep.metrics.coefficient_of_determination import CoefficientOfDetermination
from checkpoint_sweep.metrics.precision_at_k import PrecisionAtK
from checkpoint_sweep.metrics.rank_areas import RankAUC, RankAUCPrecisionRecall
from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle

EXAMPLES = 60
MODELS = 3
P_AT_3 = 'module: "checkpoint_sweep.metrics" class_name: "PrecisionAtK" config: "\\"k\\": 3"'
RANK_AUC = 'module: "checkpoint_sweep.metrics" class_name: "RankAUC"'
R2 = 'module: "checkpoint_sweep.metrics" class_name: "CoefficientOfDetermination"'


def _single_label(y: np.ndarray, scores: np.ndarray, w: np.ndarray) -> float:
    classes = np.arange(scores.shape[1])
    accuracy = sklearn_metrics.top_k_accuracy_score(
        y[:, 0], scores, k=3, labels=classes, sample_weight=w
    )
    return accuracy / 3


def _dense_label(y: np.ndarray, scores: np.ndarray, w: np.ndarray) -> float:
    return _single_label(y.argmax(axis=1)[:, None], scores, w)


def _multi_label(y: np.ndarray, scores: np.ndarray, w: np.ndarray) -> float:
    found = [
        len(set(np.flatnonzero(row)) & set(sorted(range(len(s)), key=lambda i: s[i])[-3:])) / 3
        for row, s in zip(y, scores, strict=True)
    ]
    return float(np.average(found, weights=w))


def _r2(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    y, p = y[:, 0].astype(np.float64), p[:, 0].astype(np.float64)
    if np.ptp(y) == 0:
        return float("nan")
    return sklearn_metrics.r2_score(y, p, sample_weight=w)


def _rank_auc(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    return sklearn_metrics.roc_auc_score(y[:, 0], p[:, 0], sample_weight=w)


@dataclasses.dataclass(frozen=True)
class Case:
    kind: str
    label: str
    metric: str
    by_hand: Callable[[np.ndarray, np.ndarray, np.ndarray], float]


CASES = {
    "precision at 3, class numbers": Case("multiclass", "day", P_AT_3, _single_label),
    "precision at 3, one-hot": Case("multiclass", "day_one_hot", P_AT_3, _dense_label),
    "precision at 3, multi-label": Case("multilabel", "labels", P_AT_3, _multi_label),
    "R2": Case("regression", "fare_tips", R2, _r2),
    "rank AUC": Case("binary", "big_tipper", RANK_AUC, _rank_auc),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return taxi_models.write_examples(str(tmp_path_factory.mktemp("data") / "taxi"), EXAMPLES)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[ModelSource]]:
    directory = str(tmp_path_factory.mktemp("models"))
    kinds = {case.kind for case in CASES.values()}
    return {kind: taxi_models.write_models(directory, kind, MODELS) for kind in kinds}


def _config(case: Case) -> config_pb2.EvalConfig:
    return tfma_oracle.config(
        f"""
        model_specs {{ label_key: "{case.label}" example_weight_key: "weight" }}
        slicing_specs {{}}
        slicing_specs {{ feature_keys: "payment_type" }}
        metrics_specs {{
          metrics {{ {case.metric} }}
          example_weights {{ weighted: true unweighted: true }}
        }}
        """
    )


@pytest.mark.parametrize("name", CASES)
def test_engine_fallback_stock_tfma_and_oracle_agree(
    name: str,
    data: str,
    sources: dict[str, list[ModelSource]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = CASES[name]
    config, candidates = _config(case), sources[case.kind]
    engine = tfma_oracle.run_engine(data, config, candidates, str(tmp_path / "engine"))
    with monkeypatch.context() as patched:
        patched.delattr(FormulaCombiner, "vectorized")
        fallback = tfma_oracle.run_engine(data, config, candidates, str(tmp_path / "fallback"))
    for source, ours, slow in zip(candidates, engine, fallback, strict=True):
        assert tfma_oracle.differences(tfma_oracle.load(slow), tfma_oracle.load(ours)) == []
        _check_by_hand(case, data, source, ours)
    stock = tfma_oracle.run_tfma(data, config, candidates[-1], str(tmp_path / "tfma"))
    assert tfma_oracle.differences(tfma_oracle.load(stock), tfma_oracle.load(engine[-1])) == []


def _check_by_hand(case: Case, data: str, source: ModelSource, output: str) -> None:
    """Every slice, with and without weights, against the formula."""
    serialized = [record.numpy() for record in tf.data.TFRecordDataset(data)]
    parsed = [tf.train.Example.FromString(record) for record in serialized]

    def column(key: str) -> np.ndarray:
        features = [example.features.feature[key] for example in parsed]
        return np.array([list(getattr(f, f.WhichOneof("kind")).value) for f in features])

    serve = tf.saved_model.load(source.saved_model.directory).signatures["serving_default"]
    (predictions,) = serve(tf.constant(serialized)).values()
    label, weight, payment = column(case.label), column("weight")[:, 0], column("payment_type")
    slices = 0
    for record in tfma.load_metrics(output):
        slices += 1
        chosen = np.ones(EXAMPLES, bool)
        for part in record.slice_key.single_slice_keys:
            chosen &= payment[:, 0] == part.bytes_value
        for entry in record.metric_keys_and_values:
            ones = np.ones(EXAMPLES)
            used = weight if entry.key.example_weighted.value else ones
            expected = case.by_hand(label[chosen], predictions.numpy()[chosen], used[chosen])
            actual = entry.value.double_value.value
            np.testing.assert_allclose(actual, expected, rtol=1e-6)
    assert slices > 1


@pytest.mark.parametrize(
    ("label", "scores", "k", "expected"),
    [
        pytest.param([2], [0.1, 0.2, 0.7], 1, 1, id="hit"),
        pytest.param([0], [0.1, 0.2, 0.7], 1, 0, id="miss"),
        pytest.param([0], [0.1, 0.2, 0.7], 3, 1 / 3, id="one hit of three"),
        pytest.param([0, 1, 1], [0.1, 0.2, 0.7], 2, 1, id="two labels"),
        pytest.param([1, 0, 1], [0.1, 0.2, 0.7], 2, 0.5, id="half"),
        pytest.param([0], [0.5, 0.5, 0.5], 1, 1, id="of equal scores the lower class is first"),
        pytest.param([2], [0.5, 0.5, 0.5], 2, 0, id="and the higher one last"),
        pytest.param([9], [0.1, 0.2, 0.7], 3, 0, id="a label that is no class is never hit"),
    ],
)
def test_precision_at_k_of_one_example(label: list, scores: list, k: int, expected: float) -> None:
    assert _output(PrecisionAtK(k), [(label, scores, 1)]) == expected


def _output(metric: metric_types.Metric, examples: list[tuple]) -> float:
    """The metric of (label, prediction, weight) triples, by TFMA's combiner."""
    (computation,) = metric.computations(example_weighted=True)
    combiner = computation.combiner
    parts = []
    for label, prediction, weight in examples:
        inputs = metric_types.StandardMetricInputs(
            {
                "labels": np.array(label),
                "predictions": np.array(prediction),
                "example_weights": np.array([weight]),
            }
        )
        parts.append(combiner.add_input(combiner.create_accumulator(), inputs))
    merged = combiner.merge_accumulators(iter([combiner.create_accumulator(), *parts]))
    return combiner.extract_output(merged)[computation.keys[0]]


@pytest.mark.parametrize(
    ("metric", "examples", "expected"),
    [
        pytest.param(PrecisionAtK(1), [([0], [1, 0], 3), ([1], [1, 0], 1)], 0.75, id="weights"),
        pytest.param(PrecisionAtK(1), [], np.nan, id="no examples"),
        pytest.param(PrecisionAtK(1), [([0], [1, 0], 0)], np.nan, id="no weight"),
        pytest.param(CoefficientOfDetermination(), [([1], [1], 1), ([2], [2], 1)], 1, id="perfect"),
        pytest.param(CoefficientOfDetermination(), [([1], [2], 1), ([3], [2], 1)], 0, id="mean"),
        pytest.param(CoefficientOfDetermination(), [([1], [3], 1), ([3], [1], 1)], -3, id="worse"),
        pytest.param(
            CoefficientOfDetermination(), [([0.1], [0.3], 1)] * 7, np.nan, id="constant labels"
        ),
        pytest.param(CoefficientOfDetermination(), [], np.nan, id="no example at all"),
        pytest.param(RankAUC(), [], np.nan, id="no pair"),
        pytest.param(RankAUC(), [([1], [1], 1), ([1], [2], 1)], np.nan, id="one class"),
        pytest.param(RankAUC(), [([1], [0.5], 1), ([0], [0.5], 1)], 0.5, id="a tie"),
        pytest.param(RankAUC(), [([1], [0.0], 1), ([0], [-0.0], 1)], 0.5, id="zeros are equal"),
        pytest.param(RankAUC(), [([1], [-1], 1), ([0], [-2], 1), ([0], [3], 3)], 0.25, id="logits"),
        pytest.param(RankAUC(), [([1], [0.5000001], 1), ([0], [0.5], 1)], 1, id="close"),
        pytest.param(
            RankAUC(),
            [([0.5], [0.2], 2), ([1], [0.9], 2)],
            2.5 / 3,
            id="half an example of a class",
        ),
        pytest.param(
            RankAUCPrecisionRecall(), [([0], [9], 1), ([1], [8], 1)], 0.5, id="second place"
        ),
        pytest.param(RankAUCPrecisionRecall(), [([0], [9], 1)], np.nan, id="no positive"),
    ],
)
def test_metrics_have_known_values(
    metric: metric_types.Metric, examples: list, expected: float
) -> None:
    np.testing.assert_equal(_output(metric, examples), expected)


@pytest.mark.parametrize(
    ("metric", "example", "message"),
    [
        (PrecisionAtK(3), ([0], [1, 0], 1), "precision at 3 of 2 classes is not defined"),
        (PrecisionAtK(1), ([0, 1, 1], [1, 0], 1), "a label needs 1 or 2 values, not 3"),
        (
            CoefficientOfDetermination(),
            ([1], [1, 0], 1),
            "one prediction per example are needed, not 1, 2",
        ),
    ],
)
def test_shapes_without_a_meaning_are_refused(
    metric: metric_types.Metric, example: tuple, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        _output(metric, [example])


@pytest.mark.parametrize("level", [1e6, -1e6, 1e9])
def test_r2_keeps_its_digits_when_labels_are_large(level: float) -> None:
    random = np.random.default_rng(3)
    label = level + random.uniform(-1, 1, 500)
    prediction = label + random.normal(0, 0.1, 500)
    weight = random.random(500)
    exact = sklearn_metrics.r2_score(label, prediction, sample_weight=weight)
    examples = list(zip(label[:, None], prediction[:, None], weight, strict=True))
    assert _output(CoefficientOfDetermination(), examples) == pytest.approx(exact, rel=1e-6)


def test_precision_at_a_k_below_1_is_refused() -> None:
    with pytest.raises(ValueError, match="k is 0; it must be at least 1"):
        PrecisionAtK(0)


@pytest.mark.parametrize("metric", [PrecisionAtK(2), RankAUC()])
def test_binarizing_is_refused(metric: metric_types.Metric) -> None:
    with pytest.raises(ValueError, match="keep it out of binarize"):
        metric.computations(sub_keys=[metric_types.SubKey(class_id=1)])


@pytest.mark.parametrize("metric", [PrecisionAtK(2), CoefficientOfDetermination()])
def test_a_subclass_of_a_combiner_does_not_inherit_its_vectorized_form(
    metric: metric_types.Metric,
) -> None:
    (computation,) = metric.computations()
    combiner = computation.combiner
    vectorized, reason = combiners.vectorized(combiner)
    assert (type(vectorized), reason) == (type(combiner).vectorized, "")
    combiner.__class__ = type("Changed", (type(combiner),), {})
    assert combiners.vectorized(combiner) == (None, "it has no vectorized form")


@pytest.mark.parametrize("scale", [1.0, 1e-6, 30.0])
def test_the_rank_areas_are_sklearns_at_any_scale(scale: float) -> None:
    random = np.random.default_rng(4)
    label = random.integers(0, 2, 400)
    ranks = random.permutation(400) // 2  # Every second one is tied.
    prediction = (0.5 + scale * (ranks / 200 + label)).astype(np.float32)
    weight = random.random(400)
    examples = list(zip(label[:, None], prediction[:, None], weight, strict=True))
    for metric, oracle in (
        (RankAUC(), sklearn_metrics.roc_auc_score),
        (RankAUCPrecisionRecall(), sklearn_metrics.average_precision_score),
    ):
        expected = oracle(label, prediction, sample_weight=weight)
        assert _output(metric, examples) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("labels", "parts"), [([0, 1, 1], 1), ([0, 1, 0.5], 2)])
def test_an_example_has_a_bucket_for_each_of_its_classes(labels: list, parts: int) -> None:
    formula = RankAUC().computations()[0].combiner.formula
    label, prediction = np.array(labels).reshape(1, 3, 1), np.ones((2, 3, 1))
    (term,) = formula.terms(label, prediction, np.ones((1, 3, 1)))
    bucket = formula.bucket(label, prediction)
    assert bucket.shape == (2, 3, parts)
    assert np.broadcast_to(term, bucket.shape)[bucket % 2 == 1].sum() == 2 * sum(labels)
