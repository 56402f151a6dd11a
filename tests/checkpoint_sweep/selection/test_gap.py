"""The gap between a split and the one that chooses, in words."""

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.gap import describe_gaps, gap, with_gap
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict


def _verdict(step: int, value: float | None, train: float | None) -> Verdict:
    return Verdict(f"step-{step}", step, True, value, "", splits={"train": train})


@pytest.mark.parametrize(
    ("value", "train", "number", "text"),
    [
        (0.75, 0.875, 0.125, "0.875 (+0.125)"),
        (0.75, 0.5, -0.25, "0.5 (-0.25)"),
        (0.75, None, None, "–"),
        (None, 0.5, None, "0.5"),
    ],
)
def test_the_gap_is_the_value_there_less_that_here(
    value: float | None, train: float | None, number: float | None, text: str
) -> None:
    verdict = _verdict(1, value, train)
    assert gap(verdict, "train") == number
    assert with_gap(verdict, "train") == text


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ("step-1", "0.625 (-0.125) at step 1, the chosen; 0.875 (+0.25) at step 2, the last"),
        ("step-2", "0.875 (+0.25) at step 2, the chosen"),
        (None, "0.875 (+0.25) at step 2, the last"),
    ],
)
def test_a_line_tells_the_gap_of_chosen_and_last(chosen: str | None, text: str) -> None:
    verdicts = [_verdict(1, 0.75, 0.625), _verdict(2, 0.625, 0.875)]
    selection = AppliedSelection("auc", Direction.HIGHER_IS_BETTER)
    found = SweepVerdicts(chosen, True, "", selection, verdicts)
    assert describe_gaps(found) == [f"auc on train (gap): {text}"]


def test_without_other_splits_there_is_no_line() -> None:
    selection = AppliedSelection("auc", Direction.HIGHER_IS_BETTER)
    found = SweepVerdicts("a", True, "", selection, [Verdict("a", 1, True, 0.5, "")])
    assert describe_gaps(found) == []
