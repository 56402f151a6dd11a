"""What a choice is blessed for, and what is said where nothing passed."""

from collections.abc import Sequence

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.decision import choose
from checkpoint_sweep.selection.judgement import judge
from checkpoint_sweep.selection.policies import CandidateResult
from checkpoint_sweep.selection.selection import Selection

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


def _reason(results: Sequence[CandidateResult], direction: Direction, *unsure: str) -> str:
    decision = choose(results, direction)
    return judge(decision, Selection("auc"), direction, None, unsure).reason


def _missed(step: int, value: float | None, *missed: str) -> CandidateResult:
    return CandidateResult(f"step-{step}", step, value, threshold_failures=missed)


@pytest.mark.parametrize(
    ("direction", "missed", "closest"),
    [
        (HIGHER, "auc 0.9 is below the threshold 0.95", "step 3, auc 0.9 is below the threshold"),
        (LOWER, "accuracy 0.1 is below the threshold 0.2", "step 1, auc 0.7, but accuracy 0.1 is"),
    ],
)
def test_where_none_passed_the_closest_is_named(
    direction: Direction, missed: str, closest: str
) -> None:
    results = [
        _missed(1, 0.7, missed),
        _missed(2, 0.8, missed),
        _missed(3, 0.9, missed, "another"),
        CandidateResult("step-4", 4, 1.0, excluded_reason="NaN"),
    ]
    reason = _reason(results, direction)
    assert reason.startswith(f"none of the 4 checkpoints passed; closest: {closest}")


def test_where_none_has_a_value_none_is_the_closest() -> None:
    assert _reason([_missed(1, None, "auc")], HIGHER) == "none of the 1 checkpoints passed"


def test_a_threshold_that_chance_may_have_met_is_said() -> None:
    passed = [CandidateResult("step-1", 1, 0.52)]
    words = "it passed every threshold"
    assert _reason(passed, HIGHER).endswith(words)
    unsure = "auc 0.52 ± 0.03 (needs at least 0.5)"
    reason = _reason(passed, HIGHER, unsure, "more")
    assert reason.endswith(f"{words}, but chance may explain it: {unsure} and 1 more")
