"""A drafted evaluation config: what is guessed, what is said of it, and that a sweep takes it."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep import SweepOptions, sweep
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.evaluation.preflight.support import compiled_metrics_warning
from checkpoint_sweep.saved_model.parsed_features import parsed_features
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.sweeping.drafting.draft import draft
from checkpoint_sweep.sweeping.drafting.features import FLOAT, INTEGER, TEXT, Feature
from checkpoint_sweep.sweeping.drafting.guess import BINARY, MULTI_CLASS, REGRESSION, guess
from checkpoint_sweep.sweeping.drafting.model import UNKNOWN, Model, look_into
from checkpoint_sweep.sweeping.drafting.text import to_text
from tests.checkpoint_sweep.sweeping.conftest import Files
from tests.support.estimator_run import FEATURES, EstimatorRun

_CLASS = Feature(INTEGER, 1.0, 1, 3, 0, 2, 0.4, 0.7)
_YES_OR_NO = Feature(INTEGER, 1.0, 1, 2, 0, 1, 0.8, 0.2)
_NUMBER = Feature(FLOAT, 1.0, 1, None, -3.5, 90.0, None, 4.25)
_WORD = Feature(TEXT, 1.0, 1, 4, most_frequent=0.3)


def _model(outputs: dict[str, int], *asks_for: str) -> Model:
    return Model("serving_default", outputs, asks_for)


def test_an_estimators_config_is_taken_by_a_sweep_as_it_is(files: Files) -> None:
    drafted = draft(str(files.model), str(files.examples))
    files.config.write_text(drafted.text)
    swept = sweep(**files.arguments(select=drafted.select))
    assert [v.value is not None for v in swept.verdicts] == [True] * 4
    table = swept.to_pandas()
    assert {"auc", "binary_crossentropy", "precision"} <= set(table["metric"])
    assert any(name.startswith("payment_type=") for name in table["slice"])


@pytest.mark.parametrize(
    ("output", "units", "activation", "label", "select"),
    [
        ("probabilities", 3, "softmax", "kind", "sparse_categorical_accuracy"),
        ("price", 1, None, "price", "mean_absolute_error"),
    ],
)
def test_a_keras_classifiers_and_a_regressions_configs_are_taken_by_a_sweep(
    output: str, units: int, activation: str, label: str, select: str, tmp_path: Path
) -> None:
    model = tf.keras.Sequential([tf.keras.layers.Dense(units, activation, input_shape=(2,))])
    _save(model, output, tmp_path)
    _write_csv(tmp_path / "eval.csv")
    given = str(tmp_path / "export"), str(tmp_path / "eval.csv")
    drafted = draft(*given)
    (tmp_path / "config.pbtxt").write_text(drafted.text)
    config = text_format.Parse(drafted.text, config_pb2.EvalConfig())
    assert config.model_specs[0].label_key == label
    assert config.model_specs[0].example_weight_key == "weight"
    assert drafted.select == select
    exported, examples = given
    options = SweepOptions(
        examples, str(tmp_path / "config.pbtxt"), select, output=str(tmp_path / "swept")
    )
    swept = sweep(str(tmp_path / "run"), exported, options)
    assert [v.value is not None for v in swept.verdicts] == [True] * 2


def test_a_compiled_model_gets_a_config_under_which_no_sweep_warns_of_its_metrics(
    tmp_path: Path,
) -> None:
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,), name="price")])
    _write_csv(tmp_path / "eval.csv")
    configs = []
    for compiled in (False, True):
        if compiled:
            model.compile("sgd", "mae", metrics=["mse"])
        export = str(tmp_path / f"export-{compiled}")
        serve = _serving(model, "price")
        tf.keras.models.save_model(model, export, save_format="tf", signatures=serve)
        drafted = draft(export, str(tmp_path / "eval.csv"))
        configs.append(text_format.Parse(drafted.text, config_pb2.EvalConfig()))
        assert compiled_metrics_warning(SavedModel(export), configs[-1]) is None
    assert [c.options.HasField("include_default_metrics") for c in configs] == [False, True]


def _save(model: Any, output: str, directory: Path) -> None:
    """Two checkpoints and an export that parses the features a and b."""
    for step in (1, 2):
        for variable in model.variables:
            values = np.random.default_rng(step).uniform(-1, 1, variable.shape)
            variable.assign(values.astype(np.float32))
        tf.train.Checkpoint(model=model).write(str(directory / "run" / f"ckpt-{step}"))
    tf.saved_model.save(model, str(directory / "export"), signatures=_serving(model, output))


def _serving(model: Any, output: str) -> dict[str, Any]:
    """The signature of an export that parses the features a and b."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        spec = {name: tf.io.FixedLenFeature([], tf.float32) for name in ("a", "b")}
        columns = tf.io.parse_example(examples, spec)
        return {output: model(tf.stack([columns["a"], columns["b"]], axis=1))}

    return {"serving_default": serve}


def _write_csv(path: Path) -> None:
    random = np.random.default_rng(1)
    rows = [
        f"{a:.3f},{b:.3f},{int(a > 0.3) + int(b > 0.6)},{20 * a + b:.2f},{1 + a:.1f},{'xyz'[i % 3]}"
        for i, (a, b) in enumerate(random.uniform(0.01, 0.99, (120, 2)))
    ]
    path.write_text("\n".join(["a,b,kind,price,weight,place", *rows]) + "\n")


def test_the_features_that_an_estimator_parses_are_found(trained: EstimatorRun) -> None:
    assert parsed_features(SavedModel(str(trained.export))).keys() == set(FEATURES)


@pytest.mark.parametrize(
    ("outputs", "features", "label", "problem"),
    [
        ({"probability": 1}, {"x": _YES_OR_NO, "n": _NUMBER}, "x", BINARY),
        ({"scores": 2, "other": 1}, {"x": _YES_OR_NO, "k": _CLASS}, "x", MULTI_CLASS),
        ({"fare": 1}, {"x": _YES_OR_NO, "fare": _NUMBER}, "fare", REGRESSION),
        ({"dense": 1}, {"x": _CLASS, "label": _NUMBER}, "label", REGRESSION),
        ({"p": 3}, {"x": _YES_OR_NO, "k": _CLASS}, "k", MULTI_CLASS),
        ({"p": UNKNOWN}, {"k": _CLASS, "w": _WORD}, "k", MULTI_CLASS),
        ({"p": 3}, {"hot": dataclasses.replace(_NUMBER, width=3)}, "hot", MULTI_CLASS),
        ({"p": 3}, {"k": dataclasses.replace(_CLASS, kind=FLOAT, is_whole=True)}, "k", MULTI_CLASS),
        ({"p": 99}, {"k": Feature(INTEGER, 1.0, 1, None, 0, 98)}, "k", MULTI_CLASS),
    ],
)
def test_label_and_problem_are_guessed_from_outputs_and_features(
    outputs: dict, features: dict, label: str, problem: str
) -> None:
    guessed = guess(_model(outputs, "given"), features | {"given": _YES_OR_NO}, None, None)
    assert (guessed.label, guessed.problem) == (label, problem)
    assert (guessed.prediction != "") == (len(outputs) > 1)
    assert any(repr(label) in note for note in guessed.notes)
    config = text_format.Parse(to_text(guessed, features[label], 10), config_pb2.EvalConfig())
    assert config.model_specs[0].label_key == label


_NAME = dataclasses.replace(_WORD, distinct=2)


@pytest.mark.parametrize(
    ("outputs", "features", "label", "problem"),
    [
        ({"logistic": 1}, {"churn": _NAME}, "churn", BINARY),
        ({"logistic": 1}, {"churn": _NAME, "x": _YES_OR_NO}, "x", BINARY),
        ({"probabilities": 4}, {"kind": _WORD}, "kind", MULTI_CLASS),
        ({"probabilities": 2}, {"churn": _NAME, "kind": _WORD}, "churn", MULTI_CLASS),
    ],
)
def test_labels_that_are_text_go_by_the_vocabulary_of_the_model(
    outputs: dict, features: dict, label: str, problem: str
) -> None:
    model = dataclasses.replace(_model(outputs), has_vocabulary=True)
    guessed = guess(model, features, None, None)
    assert (guessed.label, guessed.problem) == (label, problem)
    config = text_format.Parse(to_text(guessed, features[label], 10), config_pb2.EvalConfig())
    assert config.model_specs[0].label_key == label


@pytest.mark.parametrize(
    ("outputs", "has_vocabulary"),
    [
        ({"logistic": [0.5], "all_classes": [["no", "yes"]]}, True),
        ({"scores": [[0.5, 0.5]], "classes": [["no", "yes"]]}, True),
        ({"logistic": [0.5], "classes": [["yes"]]}, False),
        ({"logistic": [0.5]}, False),
    ],
)
def test_a_vocabulary_is_found_where_tfma_finds_it(
    outputs: dict[str, list], has_vocabulary: bool, tmp_path: Path
) -> None:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {name: tf.constant(value) for name, value in outputs.items()}

    tf.saved_model.save(tf.Module(), str(tmp_path), signatures=serve)
    assert look_into(SavedModel(str(tmp_path)), ()).has_vocabulary is has_vocabulary


def test_slices_are_features_of_few_values() -> None:
    features = {
        "label": _YES_OR_NO,
        "place": _WORD,
        "street": dataclasses.replace(_WORD, distinct=None),
        "rare": dataclasses.replace(_WORD, share=0.1),
        "hour": dataclasses.replace(_CLASS, distinct=20),
        "area": dataclasses.replace(_CLASS, distinct=21),
        "fare": _NUMBER,
        "weight": dataclasses.replace(_NUMBER, low=0.0),
    }
    guessed = guess(_model({"probability": 1}, "place"), features, None, None)
    assert guessed.slices == ["place", "hour"]
    assert guessed.weight == "weight"
    assert guess(_model({"probability": 1}, "place"), features, None, "").weight == ""


@pytest.mark.parametrize(
    ("outputs", "features", "label", "words"),
    [
        ({"price": 1}, {"a": _NUMBER, "b": _NUMBER}, None, "may be any of a, b"),
        ({"p": 1}, {"given": _YES_OR_NO, "w": _WORD}, None, "Name it by --label"),
        (
            {"p": 1},
            {"y": dataclasses.replace(_YES_OR_NO, distinct=1)},
            None,
            "the same in all examples: y",
        ),
        ({"p": 1}, {"x": _YES_OR_NO}, "y", "have no feature 'y'; they have: x"),
        ({"p": 1}, {"w": _WORD}, "w", "is text"),
        (
            {"p": 3},
            {"k": dataclasses.replace(_CLASS, low=1, high=3)},
            "k",
            "from 1 to 3, and the classes of 'p' are 0 to 2",
        ),
        (
            {"p": 1},
            {"target": dataclasses.replace(_YES_OR_NO, share=0.9), "x": _YES_OR_NO},
            None,
            "'target' .missing in some examples. cannot be the label",
        ),
        ({}, {"x": _YES_OR_NO}, None, "no output that is a number"),
    ],
)
def test_a_label_that_cannot_be_guessed_is_refused(
    outputs: dict, features: dict, label: str | None, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        guess(_model(outputs, "given"), features, label, None)


def test_two_numbers_that_are_no_classes_are_noted() -> None:
    features = {"y": dataclasses.replace(_YES_OR_NO, low=1, high=2)}
    guessed = guess(_model({"p": 1}), features, None, None)
    assert guessed.problem == REGRESSION
    assert "write 0 and 1" in guessed.notes[-1]


def test_every_direction_is_declared() -> None:
    for problem in ({"probability": 1}, _YES_OR_NO), ({"p": 3}, _CLASS), ({"y": 1}, _NUMBER):
        outputs, label = problem
        guessed = guess(_model(outputs), {"label": label}, None, None)
        text = to_text(guessed, label, 10)
        assert any(direction.value in text for direction in Direction)
