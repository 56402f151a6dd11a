"""Two checkpoints side by side, on the terminal."""

from collections.abc import Collection, Sequence

from rich.markup import escape
from rich.table import Table

from checkpoint_sweep.cli import screen
from checkpoint_sweep.common.console import Screen
from checkpoint_sweep.common.names import OVERALL
from checkpoint_sweep.report.terminal import broken
from checkpoint_sweep.selection.differences import Compared
from checkpoint_sweep.selection.formatting import with_sign
from checkpoint_sweep.sweeping.compare import Comparison

# Of the names of metrics, so that verdicts have their width on 80 columns.
_WIDTH = 26


def print_comparison(
    compared: Comparison, metrics: Collection[str], slices: Collection[str]
) -> None:
    """Prints a table, and before it why the two may not be comparable.

    Args:
        compared: Comparison to print.
        metrics: Metrics to show; empty for all on the overall slice.
        slices: Slices to show; empty for all slices of the metrics to choose by.
    """
    rows = _shown(compared, metrics, slices)
    if not rows:
        known = sorted({str(row.metric) for row in compared.rows})
        screen.fail(
            "The two have no such metric or slice in common. Name one of these by --metric: "
            f"{', '.join(known)}."
        )
    console = Screen()
    for caution in compared.cautions:
        screen.answer(f"Caution: {caution}")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for word, side in (("first", compared.first), ("second", compared.second)):
        screen.answer(f"{word}: {side.label}")
    table.add_column("metric", overflow="fold")
    for title in ("first", "second", "difference"):
        table.add_column(title, overflow="fold", justify="right")
    table.add_column("verdict", overflow="fold")
    for row in sorted(rows, key=lambda row: str(row.metric)):
        table.add_row(
            escape(
                broken(
                    str(row.metric) if row.slice == OVERALL else f"{row.metric}, {row.slice}",
                    _WIDTH,
                )
            ),
            with_sign(row.first, None),
            with_sign(row.second, None),
            with_sign(row.difference, row.interval, "+" if row.difference else ""),
            _verdict(row),
            style=_style(row),
        )
    console.print(table)
    if any(row.significant is not None for row in rows):
        screen.answer(
            f"Each verdict is two-sided, of the two alone, at {compared.level:.0%}: of many, some "
            "are due to chance."
        )
        if compared.of_the_sweep:
            screen.answer(compared.of_the_sweep)
    for caution in sorted({row.caution for row in rows if row.caution}):
        screen.answer(f"Caution: {caution}.")


def _shown(
    compared: Comparison, metrics: Collection[str], slices: Collection[str]
) -> Sequence[Compared]:
    if metrics or slices:
        return [
            row
            for row in compared.rows
            if (not metrics or str(row.metric) in metrics)
            and (not slices or str(row.slice) in slices)
        ]
    deciding = {compared.first.metric, compared.second.metric}
    return [row for row in compared.rows if row.slice == OVERALL or row.metric in deciding]


def _verdict(row: Compared) -> str:
    word = {True: "better", False: "worse", None: "different"}[row.better]
    if row.significant is None:
        return ""
    return f"significantly {word}" if row.significant else "not statistically significant"


def _style(row: Compared) -> str | None:
    if not row.significant or row.better is None:
        return None
    return "green" if row.better else "yellow"
