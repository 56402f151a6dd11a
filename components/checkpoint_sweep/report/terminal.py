"""The verdicts of a sweep as a table on a terminal."""

import re
from collections.abc import Callable

from rich.markup import escape
from rich.table import Column, Table

from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from checkpoint_sweep.selection.verdict_table import describe_rest, row_cells, rows_to_show

# A longer name of a metric has several lines, so that the verdicts have the width.
_WIDTH = 22


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
    rest = describe_rest(found.verdicts, shown)
    has_differences = any(verdict.difference for verdict in shown)
    selection = found.selection
    table = Table(
        first,
        Column(
            f"{escape(broken(str(selection.metric_name), _WIDTH))} {selection.direction.arrow}",
            no_wrap=True,
        ),
        *([Column("Δ vs. chosen", no_wrap=True)] if has_differences else []),
        Column("verdict", overflow="fold", ratio=1),
        title=title,
        title_justify="left",
        caption=f"{rest} (all are in the report)" if rest else "",
        caption_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
    )
    for verdict in shown:
        other = None if verdict.eligible else "yellow"
        value, difference, words = map(escape, row_cells(verdict, found))
        table.add_row(
            escape(name_of(verdict)),
            value,
            *([difference] if has_differences else []),
            words,
            style="bold green" if verdict.name == found.chosen else other,
        )
    return table


def broken(name: str, width: int) -> str:
    """Breaks the name of a metric behind underscores, slashes and spaces.

    >>> broken("squared_pearson_correlation, rooms=6", 27)
    'squared_pearson_\\ncorrelation, rooms=6'

    Args:
        name: Name, with its slice or without.
        width: Width of a line, unless a part of the name is longer.
    """
    lines = [""]
    for part in re.split(r"(?<=[_/ ])", name):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)
