"""How a sweep is named in MLflow; what a server has of one is in `test_mlflow.py`."""

import re

import pytest

from checkpoint_sweep.report.mlflow_log import log_sweep, metric_key
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts


def test_registering_without_a_chosen_model_is_refused() -> None:
    selection = AppliedSelection("auc", Direction.HIGHER_IS_BETTER)
    swept = SweepResult("", SweepVerdicts(None, False, "none is eligible", selection, []))
    with pytest.raises(ValueError, match="no model to register"):
        log_sweep(swept, model="/chosen", registered_name="tips")


def test_a_sweep_without_its_decision_is_an_error() -> None:
    with pytest.raises(ValueError, match="decision is not known"):
        log_sweep(SweepResult("", None))


@pytest.mark.parametrize(
    ("metric", "where", "key"),
    [
        ("auc", "", r"auc"),
        ("auc", "pay=Cash", r"pay:Cash/auc"),
        ("head/auc/classId:1", "", r"head\.auc\.classId:1"),
        ("auc", "seed-0", r"seed-0/auc"),
        ("auc", "seed-0 pay=Cash", r"seed-0 pay:Cash/auc"),
        ("auc", "pay=a/b", r"pay:a\.b/auc"),
        ("auc", "pay=<b>", r"pay:_b_\.[0-9a-f]{8}/auc"),
        ("auc", "pay=" + "x" * 300, r"pay:x{87}\.[0-9a-f]{8}/auc"),
    ],
)
def test_names_are_those_that_mlflow_takes(metric: str, where: str, key: str) -> None:
    assert re.fullmatch(key, metric_key(metric, where))


def test_slices_that_differ_have_names_that_do() -> None:
    assert metric_key("auc", "pay=<b>") != metric_key("auc", "pay=(b)")
