"""`watch` prints one line for each new checkpoint."""

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.new_candidates import lines_of_new
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict


def _found(*values: float | None, chosen: int) -> SweepVerdicts:
    verdicts = [
        Verdict(
            f"step-{step:08d}",
            step,
            value is not None,
            value,
            "best value" if step == chosen else "unreadable: cut short",
            interval=None if value is None else (value - 0.01, value + 0.01),
            in_best_set=None if value is None else step == chosen,
        )
        for step, value in enumerate(values, 1)
    ]
    selection = AppliedSelection("auc", Direction.HIGHER_IS_BETTER)
    return SweepVerdicts(f"step-{chosen:08d}", True, "", selection, verdicts)


def test_each_new_checkpoint_has_a_line_and_the_last_names_the_chosen() -> None:
    assert lines_of_new(_found(0.8, 0.7, None, chosen=1), ()) == [
        "step 1: auc 0.800 ± 0.010, chosen",
        "step 2: auc 0.700 ± 0.010, significantly worse",
        "step 3: unreadable: cut short; chosen: step 1",
    ]


def test_a_checkpoint_that_was_told_has_no_line_again() -> None:
    told = {"step-00000001", "step-00000002"}
    assert lines_of_new(_found(0.8, 0.7, 0.9, chosen=3), told) == [
        "step 3: auc 0.900 ± 0.010, chosen"
    ]
    assert lines_of_new(_found(0.8, 0.7, chosen=1), told) == []
