"""The lines on new candidates, as `watch` and trainings print them: pure functions."""

from collections.abc import Collection

from checkpoint_sweep.selection.formatting import with_sign
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from checkpoint_sweep.selection.verdict_table import in_words


def lines_of_new(found: SweepVerdicts, told: Collection[str]) -> list[str]:
    """Writes one line for each candidate that is new; the last of them names the chosen.

    Args:
        found: Verdicts on all candidates so far.
        told: Names of the candidates that have had a line.
    """
    new = [verdict for verdict in found.verdicts if verdict.name not in told]
    lines = [_line(verdict, found) for verdict in new]
    if lines and found.winner is not None and found.winner is not new[-1]:
        lines[-1] += f"; chosen: {found.winner.label}"
    return lines


def _line(verdict: Verdict, found: SweepVerdicts) -> str:
    if verdict.value is None:
        return f"{verdict.label}: {in_words(verdict, found)}"
    value = with_sign(verdict.value, verdict.interval)
    return f"{verdict.label}: {found.selection.metric_name} {value}, {in_words(verdict, found)}"
