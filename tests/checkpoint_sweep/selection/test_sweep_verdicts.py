"""Verdicts as `verdicts.json` has them, also those of earlier versions."""

import json
from typing import Any

import pytest

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.selection.criteria import Direction, ThresholdMode
from checkpoint_sweep.selection.decision import choose
from checkpoint_sweep.selection.judgement import judge
from checkpoint_sweep.selection.policies import CandidateResult
from checkpoint_sweep.selection.replicates import Replicates
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Status, Verdict

_SELECTION = Selection(
    "auc",
    slice={"hour": 9},
    sub_key="classId:1",
    weighted=True,
    level=0.9,
    threshold_mode=ThresholdMode.CONFIDENT,
)


def _result(step: int, value: float, **more: Any) -> CandidateResult:
    off = (0.01, -0.01, 0.02, -0.02)
    replicates = Replicates(
        value, tuple(value + step * by for by in off), (500,) * 4, cluster_key="user"
    )
    return CandidateResult(f"step-{step}", step, value, replicates=replicates, **more)


@pytest.fixture
def found() -> SweepVerdicts:
    """A choice, one that is tied with it, a worse one, and three that are not eligible."""
    results = [
        _result(1, 0.1),
        _result(2, 0.9),
        _result(3, 0.91),
        _result(4, 0.9, threshold_failures=["auc = 0.9"]),
        CandidateResult("step-5", 5, excluded_reason="unreadable"),
        _result(6, 0.5, averaged=[5, 6], threshold_failures=["auc = 0.5"]),
    ]
    direction = Direction.HIGHER_IS_BETTER
    decision = choose(results, direction, level=_SELECTION.level)
    return judge(decision, _SELECTION, direction, unvalidated_reason=None)


def test_what_is_read_is_what_was_written(found: SweepVerdicts) -> None:
    text = json.dumps(found.to_dict())
    read = SweepVerdicts.from_dict(json.loads(text))
    assert read == found
    assert json.dumps(read.to_dict()) == text
    assert found.selection.to_dict()["cluster_key"] == found.selection.cluster_key == "user"
    assert ", its error by clusters of user (" in found.reason


def test_the_keys_are_those_of_the_file(found: SweepVerdicts) -> None:
    content = json.loads(json.dumps(found.to_dict()))
    first, *rest = content
    assert (first, content[first]) == ("version", 1)
    assert rest == ["blessed", "reason", "chosen", "selection", "best_set", "checkpoints"]
    assert content["selection"] == json.loads(_SELECTION.to_json()) | {
        "cluster_key": "user",
        "direction": "HIGHER_IS_BETTER",
    }
    assert list(content["selection"]) == sorted(content["selection"])
    assert content["chosen"] == "step-3"
    assert content["best_set"] == ["step-2", "step-3"]


def test_verdicts_without_a_version_are_those_of_version_1(found: SweepVerdicts) -> None:
    content = found.to_dict()
    del content["version"]
    assert SweepVerdicts.from_dict(content) == found


def test_verdicts_of_another_version_are_refused(found: SweepVerdicts) -> None:
    with pytest.raises(ValueError, match="are of version 2, not 1"):
        SweepVerdicts.from_dict(found.to_dict() | {"version": 2})


def test_each_verdict_has_its_status(found: SweepVerdicts) -> None:
    assert [verdict.status for verdict in found.verdicts] == [
        Status.WORSE,
        Status.TIED_WITH_BEST,
        Status.TIED_WITH_BEST,
        Status.MISSED_THRESHOLDS,
        Status.EXCLUDED,
        Status.MISSED_THRESHOLDS,
    ]
    assert [verdict.label for verdict in found.verdicts][-2:] == ["step 5", "step-6"]
    assert [verdict.step for verdict in found.checkpoints] == [1, 2, 3, 4, 5]
    assert found.winner is not None
    assert found.winner.name == found.chosen


def test_without_standard_errors_one_is_only_eligible() -> None:
    assert Verdict("s", 1, eligible=True, value=0.5, reason="").status is Status.ELIGIBLE


def test_the_selection_has_its_names(found: SweepVerdicts) -> None:
    selection = found.selection
    assert selection.metric_name == MetricName("", "classId:1", "auc", "weighted")
    assert selection.slice_name == SliceName.of([("hour", "9")])
    assert str(selection) == str(_SELECTION) == "auc/classId:1/weighted on hour=9"
    assert selection.threshold_mode is ThresholdMode.CONFIDENT


def test_a_policy_that_cannot_be_imported_is_read_too(found: SweepVerdicts) -> None:
    content = json.loads(json.dumps(found.to_dict()))
    content["selection"]["policy"] = {"class": "nowhere.Policy", "share": 0.5}
    assert SweepVerdicts.from_dict(content).to_dict()["selection"] == content["selection"]


def test_files_of_earlier_versions_are_read() -> None:
    read = SweepVerdicts.from_dict(
        {
            "blessed": True,
            "reason": "the best",
            "chosen": "step-2",
            "selection": {"metric": "auc", "direction": "LOWER_IS_BETTER"},
            "checkpoints": [
                {"name": "step-2", "step": 2, "eligible": True, "value": 0.9, "reason": "the best"}
            ],
        }
    )
    assert read.winner == Verdict("step-2", 2, True, 0.9, "the best", missed=[])
    assert read.selection.level == 0.95
    assert read.selection.threshold_mode is ThresholdMode.VALUE


@pytest.mark.parametrize(
    "content", [{}, {"chosen": None, "blessed": False, "reason": "", "selection": {}}]
)
def test_something_else_is_an_error(content: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        SweepVerdicts.from_dict(content)
