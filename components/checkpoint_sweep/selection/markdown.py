"""The verdicts of a sweep as Markdown, for a pull request or a wiki: pure functions."""

import re
from collections.abc import Sequence

from checkpoint_sweep.common.text import printable
from checkpoint_sweep.selection.formatting import blessing_word
from checkpoint_sweep.selection.run_spread import describe_spread
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict_table import describe_rest, row_cells, rows_to_show

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|])")


def to_markdown(found: SweepVerdicts) -> str:
    """Writes the outcome and a table of the candidates that matter; the chosen one is bold.

    Args:
        found: Verdicts of a sweep.
    """
    shown = rows_to_show(found)
    metric = f"{found.selection.metric_name} {found.selection.direction.arrow}"
    lines = [
        f"**{blessing_word(found.blessed)}**: {_plain(found.reason)}",
        "",
        _row(["candidate", _plain(metric), "Δ vs. chosen", "verdict"]),
        _row(["---", "---:", "---:", "---"]),
    ]
    for verdict in shown:
        cells = [_plain(cell) for cell in (verdict.label, *row_cells(verdict, found))]
        if verdict.name == found.chosen:
            cells = [f"**{cell}**" if cell else "" for cell in cells]
        lines.append(_row(cells))
    rest = describe_rest(found.verdicts, shown)
    lines += ["", f"… {_plain(rest)}"] if rest else []
    if spread := found.run_spread:
        lines += ["", *map(_plain, describe_spread(spread, found.winner))]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Escapes what Markdown would take for something else than text."""
    return _SPECIAL.sub(r"\\\1", printable(text))
