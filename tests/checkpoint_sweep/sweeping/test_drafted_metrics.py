"""The metrics of a drafted config are right for what the model predicts: values known otherwise."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from google.protobuf import text_format
from sklearn.metrics import roc_auc_score
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep import SweepOptions, UserError, sweep
from checkpoint_sweep.common.names import OVERALL
from checkpoint_sweep.sweeping.drafting.draft import Draft, draft
from checkpoint_sweep.sweeping.drafting.features import INTEGER, Feature
from checkpoint_sweep.sweeping.drafting.guess import guess
from checkpoint_sweep.sweeping.drafting.model import Model
from tests.support import passthrough_model

pytestmark = pytest.mark.slow

_RANDOM = np.random.default_rng(3)
_LOGITS = _RANDOM.normal(0, 2, 400).astype(np.float32)
_LABELS = (_RANDOM.random(400) < 1 / (1 + np.exp(-_LOGITS))).astype(int)
_HOT = (_RANDOM.random((400, 3)) < 0.4).astype(int)
_SCORES = np.clip(0.3 * _HOT + _RANDOM.random((400, 3)) * 0.7, 0, 1).astype(np.float32)


def _draft(directory: Path, label: Any, predictions: Any, **more: Any) -> Draft:
    """Drafts for a model that predicts what the examples carry."""
    columns = {"label": label, "p": predictions, **more}
    rows: list[Mapping[str, Sequence[Any]]] = [
        {name: np.atleast_1d(values[row]).tolist() for name, values in columns.items()}
        for row in range(len(predictions))
    ]
    width = np.atleast_2d(predictions.T).shape[0]
    passthrough_model.write_model(directory / "export", width, outputs=["output"])
    examples = passthrough_model.write_examples(directory / "eval.tfrecord", rows)
    return draft(str(directory / "export"), examples)


def _sweep(directory: Path, drafted: Draft) -> dict[str, float]:
    """Sweeps by a draft, and gives the metrics on all examples by name."""
    (directory / "run").mkdir()
    for path in (directory / "export" / "variables").iterdir():
        shutil.copy(path, directory / "run" / path.name.replace("variables", "ckpt-1"))
    (directory / "config.pbtxt").write_text(drafted.text)
    options = SweepOptions(
        str(directory / "eval.tfrecord"), str(directory / "config.pbtxt"), drafted.select
    )
    swept = sweep(str(directory / "run"), str(directory / "export"), options)
    assert swept.chosen is not None
    metrics = swept.metrics[swept.chosen][OVERALL]
    return {str(name): value for name, value in metrics.items()}


def test_logits_get_what_is_right_of_logits(tmp_path: Path) -> None:
    drafted = _draft(tmp_path, _LABELS, _LOGITS)
    assert drafted.select == "binary_crossentropy"
    assert any("seems to be a logit" in note and "tf.sigmoid" in note for note in drafted.notes)
    values = _sweep(tmp_path, drafted)
    cross_entropy = np.mean(np.logaddexp(0, _LOGITS) - _LABELS * _LOGITS)
    assert values["binary_crossentropy"] == pytest.approx(cross_entropy, rel=1e-5)
    assert values["binary_accuracy"] == pytest.approx(np.mean((_LOGITS > 0) == _LABELS))
    assert not {"auc", "precision", "recall", "calibration"} & values.keys()


def test_probabilities_get_thresholds_whatever_the_outputs_name(tmp_path: Path) -> None:
    drafted = _draft(tmp_path, _LABELS, 1 / (1 + np.exp(-_LOGITS)))
    assert drafted.select == "auc"
    assert not any("logit" in note for note in drafted.notes)
    assert _sweep(tmp_path, drafted)["auc"] == pytest.approx(
        roc_auc_score(_LABELS, _LOGITS), rel=1e-3
    )


def test_labels_of_minus_one_and_one_get_the_hinge_loss(tmp_path: Path) -> None:
    signs = 2 * _LABELS - 1
    drafted = _draft(tmp_path, signs, _LOGITS)
    assert drafted.select == "hinge"
    assert any("are -1 and 1" in note for note in drafted.notes)
    expected = np.maximum(0, 1 - signs * _LOGITS).mean()
    assert _sweep(tmp_path, drafted)["hinge"] == pytest.approx(expected, rel=1e-5)


def test_several_classes_at_once_get_the_mean_over_classes(tmp_path: Path) -> None:
    drafted = _draft(tmp_path, _HOT, _SCORES)
    assert drafted.select == "auc/macro"
    values = _sweep(tmp_path, drafted)
    assert values["auc/macro"] == pytest.approx(roc_auc_score(_HOT, _SCORES), rel=1e-3)
    assert values["auc/classId:2"] == pytest.approx(
        roc_auc_score(_HOT[:, 2], _SCORES[:, 2]), rel=1e-3
    )


def test_logits_of_several_classes_get_their_cross_entropy(tmp_path: Path) -> None:
    logits = 8 * _SCORES - 4
    drafted = _draft(tmp_path, _HOT, logits)
    values = _sweep(tmp_path, drafted)
    expected = np.mean(np.logaddexp(0, logits) - _HOT * logits)
    assert values["binary_crossentropy/macro"] == pytest.approx(expected, rel=1e-5)


def test_logits_of_one_class_of_several_are_told_by_their_values(tmp_path: Path) -> None:
    classes = _SCORES.argmax(axis=1)
    drafted = _draft(tmp_path, classes, 8 * _SCORES - 4)
    assert drafted.select == "sparse_categorical_accuracy"
    assert any("tf.nn.softmax" in note for note in drafted.notes)
    config = text_format.Parse(drafted.text, config_pb2.EvalConfig())
    (cross_entropy,) = (
        metric.config
        for metric in config.metrics_specs[0].metrics
        if metric.class_name == "SparseCategoricalCrossentropy"
    )
    assert cross_entropy == '"from_logits": true'


def test_a_label_that_the_model_parses_too_is_proposed_by_its_name() -> None:
    yes_or_no = Feature(INTEGER, 1.0, 1, 2, 0, 1)
    features = {"label": yes_or_no, "x": yes_or_no, "id": Feature(INTEGER, 1.0, 1, None, 0, 1000)}
    parsing = Model("serving_default", {"p": 1}, {"x", "label"}, parses={"x", "label"})
    guessed = guess(parsing, features, None, None)
    assert guessed.label == "label"
    assert guessed.notes[-1].startswith(
        "Assuming that the label is 'label', which the model parses"
    )
    taking = Model("serving_default", {"p": 1}, {"x", "label"})
    assert guess(taking, features, None, None).label == "id"


def test_each_feature_has_the_reason_why_it_is_no_label(tmp_path: Path) -> None:
    rows = [
        {
            "p": [0.5],
            "flag": [0.0],
            "day": ["abcd"[row]],
            "one": [1],
            "list": [1, 2, 3],
            "part": [row],
        }
        for row in range(4)
    ]
    del rows[2]["part"]
    passthrough_model.write_model(tmp_path / "export")
    examples = passthrough_model.write_examples(tmp_path / "eval.tfrecord", rows)
    with pytest.raises(UserError) as refused:
        draft(str(tmp_path / "export"), examples)
    assert str(refused.value) == (
        "No feature of the examples can be the label (text of no known classes: day; given to the "
        "model: flag, p; of several values: list; the same in all examples: one; missing in some "
        "examples: part). Name it by --label, or take examples that have it."
    )


def test_a_model_that_does_not_predict_on_the_examples_is_told(tmp_path: Path) -> None:
    passthrough_model.write_model(tmp_path / "export", width=2)
    rows = [{"p": [0.5], "label": [row % 2]} for row in range(4)]
    examples = passthrough_model.write_examples(tmp_path / "eval.tfrecord", rows)
    drafted = draft(str(tmp_path / "export"), examples, label="label")
    assert "The model does not predict on these examples: " in drafted.notes[-1]


def test_whole_numbers_of_a_table_are_predicted_on_as_the_model_parses_them(tmp_path: Path) -> None:
    passthrough_model.write_model(tmp_path / "export", outputs=["output"])
    (tmp_path / "eval.csv").write_text("p,label\n" + "3,1\n-4,0\n" * 5)
    drafted = draft(str(tmp_path / "export"), str(tmp_path / "eval.csv"))
    assert any("'output', from -4 to 3, seems to be a logit" in note for note in drafted.notes)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_index_that_pandas_writes_is_no_label(suffix: str, tmp_path: Path) -> None:
    passthrough_model.write_model(tmp_path / "export")
    frame = pd.DataFrame({"p": [0.5, 0.25, 1.5], "target": [3.5, 1.5, 2.5]}, index=[7, 5, 6])
    table = str(tmp_path / f"eval{suffix}")
    frame.to_csv(table) if suffix == ".csv" else frame.to_parquet(table)
    drafted = draft(str(tmp_path / "export"), table)
    assert list(drafted.notes) == ["Assuming that the label is 'target'. Name another by --label."]
