"""What consoles are told of a report, as data."""

import math
from typing import Any

import pytest

from pipeline.kubeflow.task.console.system_metrics import (
    chosen_metrics,
    classification_metrics,
    scalar_metrics,
)
from tests.checkpoint_sweep.report import fake_report

CURVE = {
    "of": "",
    "name": "",
    "kind": "thresholds",
    "threshold": [0.0, 0.4, 1.0],
    "true_positives": [4.0, 3.0, 0.0],
    "false_positives": [6.0, 2.0, 0.0],
    "true_negatives": [0.0, 4.0, 6.0],
    "false_negatives": [0.0, 1.0, 4.0],
}
CLASSES = {
    "of": "",
    "name": "",
    "kind": "classes",
    "threshold": 0.5,
    "entries": [[0, 0, 2.0], [2, 0, 1.0], [2, 2, 3.0], [2, -1, 4.0]],
    "classes_left_out": 0,
}


def _matrix(shown: dict[str, Any]) -> tuple[list[str], list[list[float]]]:
    matrix = shown["confusionMatrix"]
    names = [spec["displayName"] for spec in matrix["annotationSpecs"]]
    return names, [row["row"] for row in matrix["rows"]]


def test_scalar_metrics_leave_out_what_is_not_finite() -> None:
    values = {"auc": 0.5, "count": 3, "nan": math.nan, "inf": math.inf, "none": None}
    assert scalar_metrics(values) == {"auc": 0.5, "count": 3.0}


def test_a_roc_curve_has_the_rates_at_each_threshold() -> None:
    assert classification_metrics([CURVE])["confidenceMetrics"] == [
        {"confidenceThreshold": 0.0, "recall": 1.0, "falsePositiveRate": 1.0},
        {"confidenceThreshold": 0.4, "recall": 3 / 4, "falsePositiveRate": 2 / 6},
        {"confidenceThreshold": 1.0, "recall": 0.0, "falsePositiveRate": 0.0},
    ]


def test_the_binary_matrix_is_that_of_the_threshold_nearest_to_a_half() -> None:
    shown = classification_metrics([CURVE])
    assert _matrix(shown) == (["negative", "positive"], [[4.0, 2.0], [1.0, 3.0]])
    assert shown["confusionMatrixThreshold"] == 0.4


def test_examples_of_one_class_give_a_matrix_and_no_curve() -> None:
    one = CURVE | {"true_positives": [0.0] * 3, "false_negatives": [0.0] * 3}
    assert classification_metrics([one]).keys() == {"confusionMatrix", "confusionMatrixThreshold"}


def test_the_multiclass_matrix_is_that_of_the_lowest_threshold() -> None:
    other = CLASSES | {"threshold": 0.9, "entries": [[0, -1, 10.0]]}
    shown = classification_metrics([other, CLASSES])
    names, rows = _matrix(shown)
    assert names == ["none", "0", "2"]
    assert rows == [[0.0, 0.0, 0.0], [0.0, 2.0, 0.0], [4.0, 1.0, 3.0]]
    assert shown["confusionMatrixThreshold"] == 0.5


@pytest.mark.parametrize(
    ("plots", "output"),
    [([], ""), ([CURVE | {"kind": "calibration"}], ""), ([CURVE], "head"),
     ([CURVE | {"of": "classId:1"}], "")],
)  # fmt: skip
def test_without_plots_there_are_no_classification_metrics(plots: Any, output: str) -> None:
    assert classification_metrics(plots, output) == {}


def test_metrics_of_a_sweep_are_those_of_the_chosen_on_all_examples() -> None:
    report = fake_report.report(checkpoints=3)
    assert report.chosen is not None
    row = report.values[report.chosen.name][0]
    expected = dict(zip(map(str, report.metrics), row, strict=True)) | {
        "blessed": 1.0,
        "checkpoint_step": float(report.chosen.step),
    }
    assert chosen_metrics(report) == expected


def test_metrics_of_a_sweep_that_chose_nothing_say_only_that() -> None:
    assert chosen_metrics(fake_report.report(eligible=False, blessed=False)) == {"blessed": 0.0}
