"""The table of runs in the page on a sweep of several: pure functions."""

import dataclasses

from checkpoint_sweep.report.document import Report
from checkpoint_sweep.selection.formatting import plus_minus


@dataclasses.dataclass(frozen=True)
class RunRow:
    """A row of the table of runs.

    Attributes:
        run: Name of the run.
        passed: Numbers of checkpoints that passed, and of all.
        best: Label of the best of those that passed; "" without one.
        value_text: Value of the best with half the width of its interval.
        is_chosen: Whether the chosen is of this run.
    """

    run: str
    passed: str
    best: str
    value_text: str
    is_chosen: bool


def run_rows(report: Report) -> list[RunRow]:
    """Makes a row for each run; none in a sweep of one."""
    spread = report.decision.run_spread if report.decision else None
    chosen = report.chosen
    return [
        RunRow(
            one.run,
            f"{one.passed} of {one.checkpoints}",
            f"step {one.best.step}" if one.best else "",
            plus_minus(one.best.value or 0.0, one.best.half_width) if one.best else "–",
            chosen is not None and chosen.run == one.run,
        )
        for one in (spread.runs if spread else ())
    ]


def losses_of(report: Report) -> str:
    """Names the run whose losses are shown; "" in a sweep of one."""
    return (report.chosen.run or "") if report.chosen else ""
