"""What TFMA wrote of one evaluation is read once, for all of its models and their replicates."""

import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2, metrics_for_slice_pb2

from checkpoint_sweep.common.names import MetricName, ModelNames
from checkpoint_sweep.evaluation.results.files import JACKKNIFE
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.evaluation.results.rarer_labels import read_rarer_labels
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.evaluation.results.writer import write_eval_run
from checkpoint_sweep.selection.intervals import estimate
from tests.support import tfrecords

AUC, LOSS = MetricName("", "", "auc"), MetricName("", "", "loss")
MODELS = ModelNames("candidate", "old")
OVERALL, CASH = (), (("payment", "Cash"),)
_CASH = 'single_slice_keys { column: "payment" bytes_value: "Cash" }'
_SLICE = """
    slice_key {{ {slice_key} }}
    metric_keys_and_values {{
      key {{ name: "auc" model_name: "candidate" }} value {{ double_value {{ value: {own} }} }} }}
    metric_keys_and_values {{
      key {{ name: "auc" model_name: "old" }} value {{ double_value {{ value: {other} }} }} }}
    metric_keys_and_values {{
      key {{ name: "auc" model_name: "candidate" is_diff: true }}
      value {{ double_value {{ value: 9 }} }} }}
    metric_keys_and_values {{
      key {{ name: "loss" model_name: "candidate" }} value {{ double_value {{ value: 0.125 }} }} }}
    metric_keys_and_values {{
      key {{ name: "note" model_name: "candidate" }} value {{ bytes_value: "text" }} }}
"""
_CROSS_SLICE = f"cross_slice_key {{ baseline_slice_key {{}} comparison_slice_key {{ {_CASH} }} }}"
_REPLICATES = {
    "slice": [],
    "examples": [2, 2],
    "rarer_label": 2,
    "metrics": [
        {
            "output": "",
            "sub_key": "",
            "name": "auc",
            "value": 0.5,
            "left_out": [0.25, 0.75],
            "baseline_value": 0.5,
            "baseline_left_out": [0.375, 0.625],
        }
    ],
}


@pytest.fixture
def directory(tmp_path: Path) -> str:
    """An engine's output: metrics of two models on two slices, and replicates of one slice."""
    return _write(tmp_path, baseline_auc=0.5)


def _write(folder: Path, baseline_auc: float) -> str:
    texts = (
        _SLICE.format(slice_key="", own=0.75, other=baseline_auc),
        _SLICE.format(slice_key=_CASH, own=0.25, other=0.125),
        _CROSS_SLICE,
    )
    records = [text_format.Parse(text, metrics_for_slice_pb2.MetricsForSlice()) for text in texts]
    tfrecords.write(
        folder / "metrics-00000-of-00001.tfrecord", [r.SerializeToString() for r in records]
    )
    (folder / JACKKNIFE).write_text(json.dumps({"slices": [_REPLICATES]}))
    return str(folder)


def test_the_single_numbers_of_each_model_are_read_by_slice(directory: str) -> None:
    metrics = EvaluationMetrics(directory)
    assert metrics.of_model("candidate") == {
        OVERALL: {AUC: 0.75, LOSS: 0.125},
        CASH: {AUC: 0.25, LOSS: 0.125},
    }
    assert metrics.of_model("old") == {OVERALL: {AUC: 0.5}, CASH: {AUC: 0.125}}


def test_replicates_of_another_value_than_the_reported_have_no_error(directory: str) -> None:
    (found,) = read_replicates(directory, MODELS).values()
    known = estimate(found.own)
    assert (known.value, known.standard_error) == (0.75, None)
    assert known.caution == "its parts together give 0.5: its error is unknown"
    assert found.baseline is not None
    assert estimate(found.baseline).standard_error == pytest.approx(0.125)
    assert found.change is not None
    assert estimate(found.change).caution == known.caution


def test_replicates_of_another_value_than_the_baselines_have_no_error(tmp_path: Path) -> None:
    (found,) = read_replicates(_write(tmp_path, baseline_auc=0.25), MODELS).values()
    assert found.baseline is not None
    assert found.baseline.value == 0.25
    assert estimate(found.baseline).standard_error is None


def test_the_file_is_read_once_for_all_models_and_their_replicates(
    directory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    load = tfma.load_metrics

    def counted(path: str) -> Any:
        read.append(path)
        return load(path)

    monkeypatch.setattr(tfma, "load_metrics", counted)
    metrics = EvaluationMetrics(directory)
    assert read == []
    metrics.of_model("candidate")
    metrics.of_model("old")
    assert read_replicates(directory, MODELS, metrics)
    assert read == [directory]


def test_values_with_and_without_weights_are_told_apart(tmp_path: Path) -> None:
    entry = """metric_keys_and_values {
      key { name: "%s" example_weighted { value: %s } } value { double_value { value: %s } } }"""
    values = ("auc", "true", 0.7), ("auc", "false", 0.6), ("loss", "true", 0.5)
    text = "slice_key {}" + "".join(entry % value for value in values)
    record = text_format.Parse(text, metrics_for_slice_pb2.MetricsForSlice())
    tfrecords.write(tmp_path / "metrics.tfrecord", [record.SerializeToString()])
    assert EvaluationMetrics(str(tmp_path)).of_model("")[OVERALL] == {
        MetricName("", "", "auc", "weighted"): 0.7,
        MetricName("", "", "auc", "unweighted"): 0.6,
        LOSS: 0.5,
    }


@pytest.mark.parametrize(
    ("damaged", "bounds"), [(False, (0.0, 1.0)), (True, None)], ids=["config", "damaged config"]
)
def test_a_renamed_metric_has_the_range_of_its_class(
    damaged: bool, bounds: tuple[float, float] | None, tmp_path: Path
) -> None:
    renamed = json.dumps({"slices": [_REPLICATES]}).replace('"auc"', '"area"')
    config = text_format.Parse(
        """metrics_specs { metrics { class_name: "AUC" config: '"name": "area"' } }""",
        config_pb2.EvalConfig(),
    )
    directory = _write(tmp_path, baseline_auc=0.5)
    (tmp_path / JACKKNIFE).write_text(renamed)
    write_eval_run(directory, config, {})
    if damaged:
        (tmp_path / "eval_config.json").write_text("{")
    (found,) = read_replicates(directory, MODELS).values()
    assert found.own.bounds == bounds


@pytest.mark.parametrize(
    ("count", "config", "expected"),
    [
        pytest.param(10, "", {OVERALL: 3}, id="both classes"),
        pytest.param(20, "", {}, id="cells do not add up"),
        pytest.param(10, 'model_specs { example_weight_key: "w" }', {}, id="weighted"),
    ],
)
def test_stock_tfma_tells_the_rarer_label_by_the_cells_of_a_matrix(
    count: int, config: str, expected: dict[tuple[()], int], tmp_path: Path
) -> None:
    cells = {"true_positives": 2, "false_negatives": 1, "true_negatives": 4, "false_positives": 3}
    text = "slice_key {}" + "".join(
        f"""metric_keys_and_values {{
          key {{ name: "{name}" }} value {{ double_value {{ value: {value} }} }} }}"""
        for name, value in {**cells, "example_count": count}.items()
    )
    record = text_format.Parse(text, metrics_for_slice_pb2.MetricsForSlice())
    tfrecords.write(tmp_path / "metrics.tfrecord", [record.SerializeToString()])
    write_eval_run(str(tmp_path), text_format.Parse(config, config_pb2.EvalConfig()), {})
    assert read_rarer_labels([str(tmp_path)], "") == expected
