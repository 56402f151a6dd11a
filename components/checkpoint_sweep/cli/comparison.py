"""Two checkpoints side by side, on the terminal."""

from collections.abc import Collection, Sequence

from rich.markup import escape
from rich.table import Table

from checkpoint_sweep.cli import screen
from checkpoint_sweep.common.console import Screen
from checkpoint_sweep.common.names import OVERALL
from checkpoint_sweep.selection.differences import Compared
from checkpoint_sweep.selection.formatting import with_sign
from checkpoint_sweep.sweeping.compare import Comparison


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
        screen.fail(f"The two have nothing of that kind in common; metrics: {', '.join(known)}.")
    console = Screen()
    for caution in compared.cautions:
        console.print(f"[yellow]Caution[/] {escape(caution)}", highlight=False, soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for word, side in (("first", compared.first), ("second", compared.second)):
        console.print(f"[dim]{word}:[/] {escape(side.label)}", highlight=False, soft_wrap=True)
    for title in ("metric", "first", "second", "difference", "verdict"):
        table.add_column(title, overflow="fold")
    for row in sorted(rows, key=lambda row: str(row.metric)):
        table.add_row(
            escape(str(row.metric) if row.slice == OVERALL else f"{row.metric}, {row.slice}"),
            with_sign(row.first, None),
            with_sign(row.second, None),
            with_sign(row.difference, row.interval, "+" if row.difference else ""),
            _verdict(row),
            style=_style(row),
        )
    console.print(table)
    if any(row.beyond_noise is not None for row in rows):
        note = "differences with an interval, each on its own: of many, some are chance"
        console.print(f"[dim]verdict: at {compared.level:.0%}, of {note}[/]", highlight=False)
    for caution in sorted({row.caution for row in rows if row.caution}):
        console.print(f"[dim]{escape(caution)}[/]", highlight=False, soft_wrap=True)


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
    if row.beyond_noise is None:
        return ""
    return word if row.beyond_noise else "within noise"


def _style(row: Compared) -> str | None:
    if not row.beyond_noise or row.better is None:
        return None
    return "green" if row.better else "yellow"
