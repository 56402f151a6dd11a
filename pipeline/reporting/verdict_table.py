"""The verdicts of a sweep as a table for notebooks, styled by the declared direction."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection
from checkpoint_sweep.selection.verdict import Verdict
from checkpoint_sweep.selection.verdict_table import row_cells
from pipeline.reporting.run_summary import Summary

# Both colours of a row are set: a notebook's theme would change only one of them.
CHOSEN = "background-color: #c8e6c9; color: #111111"
IN_BEST_SET = "background-color: #e3eefa; color: #111111"
NOT_ELIGIBLE = "opacity: 0.6"
BEST = "font-weight: bold; text-decoration: underline"


def verdict_table(run: Summary) -> pd.DataFrame:
    """Tabulates each candidate: its value, how sure that is, and the verdict.

    `low` and `high` bound the value's interval; `versus_chosen` is the difference to the chosen,
    and `versus_low` and `versus_high` bound that, all differences taken together. NaN is what is
    not known.
    """
    assert run.sweep is not None
    decision = run.sweep.decision
    rows = [
        {
            "candidate": _name(verdict),
            _head(decision.selection): verdict.value,
            "standard_error": verdict.standard_error,
            **_bounds(verdict.interval, "low", "high"),
            "versus_chosen": verdict.difference.value if verdict.difference else None,
            **_bounds(
                verdict.difference.interval if verdict.difference else None,
                "versus_low",
                "versus_high",
            ),
            "eligible": verdict.eligible,
            "in_best_set": verdict.in_best_set,
            "chosen": verdict.name == decision.chosen,
            "verdict": verdict.reason,
        }
        for verdict in decision.verdicts
    ]
    table = pd.DataFrame(rows).set_index("candidate")
    numbers = [*table.columns[:4], "versus_chosen", "versus_low", "versus_high"]
    return table.astype(dict.fromkeys(numbers, float))


def _head(selection: AppliedSelection) -> str:
    return str(selection.metric_name) if selection.is_composite else selection.metric


def best_of(run: Summary) -> str | None:
    """Finds the index of the best value among the eligible, in the declared direction."""
    assert run.sweep is not None
    loss = run.sweep.decision.selection.direction.loss
    eligible = [v for v in run.verdicts if v.eligible and v.value is not None]
    best = min(eligible, key=lambda verdict: loss(verdict.value or 0.0), default=None)
    return _name(best) if best else None


def styled(run: Summary) -> Any:
    """Styles the rows of the terminal's table: chosen and tied in colour, the best value bold."""
    table, best = verdict_table(run), best_of(run)
    assert run.sweep is not None
    decision = run.sweep.decision
    metric = str(table.columns[0])
    tied = table.in_best_set.eq(True)
    shown = pd.DataFrame(
        [row_cells(verdict, decision) for verdict in decision.verdicts],
        columns=[metric, "Δ vs. chosen", "verdict"],
        index=table.index,
    )

    def style(row: pd.Series) -> Sequence[str]:
        candidate = table.loc[row.name]
        base = ""
        if not candidate.eligible:
            base = NOT_ELIGIBLE
        elif tied[row.name]:
            base = IN_BEST_SET
        base = CHOSEN if candidate.chosen else base
        return [f"{base}; {BEST}" if row.name == best and c == metric else base for c in row.index]

    # Reasons name slices, and these come from the data.
    return shown.style.apply(style, axis=1).format(escape="html").format_index(escape="html")


def _name(verdict: Verdict) -> str:
    return verdict.name if verdict.is_average else str(verdict.step)


def _bounds(interval: Sequence[float] | None, low: str, high: str) -> dict[str, float | None]:
    return dict(zip((low, high), interval or (None, None), strict=True))
