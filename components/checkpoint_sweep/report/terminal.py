"""The verdicts of a sweep as a table on a terminal."""

from collections.abc import Callable

from rich.markup import escape
from rich.table import Column, Table

from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from checkpoint_sweep.selection.verdict_table import describe_rest, row_cells, rows_to_show


def verdicts_as_table(
    found: SweepVerdicts, first: Column, name_of: Callable[[Verdict], str], title: str | None = None
) -> Table:
    """Tabulates the candidates that matter: name, value, difference to the chosen, and verdict.

    Args:
        found: Verdicts of the sweep.
        first: Column of the names.
        name_of: Function that names a candidate in that column.
        title: Title of the table; None without one.
    """
    shown = rows_to_show(found)
    selection = found.selection
    table = Table(
        first,
        Column(f"{escape(str(selection.metric_name))} {selection.direction.arrow}", no_wrap=True),
        Column("Δ vs. chosen", no_wrap=True),
        Column("verdict", overflow="fold", ratio=1),
        title=title,
        title_justify="left",
        caption=describe_rest(found.verdicts, shown),
        caption_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
    )
    for verdict in shown:
        other = None if verdict.eligible else "yellow"
        table.add_row(
            escape(name_of(verdict)),
            *map(escape, row_cells(verdict, found)),
            style="bold green" if verdict.name == found.chosen else other,
        )
    return table
