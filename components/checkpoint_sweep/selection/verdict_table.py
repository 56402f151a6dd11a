"""The rows that a table shows of many verdicts, and a sentence on the rest: pure functions."""

from collections import Counter
from collections.abc import Sequence

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.formatting import with_sign
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Status, Verdict

FEW, MOST = 20, 10
_BEST = 3


def rows_to_show(found: SweepVerdicts) -> list[Verdict]:
    """Selects the verdicts that matter, in their order; all of them if they are at most `FEW`.

    Those are, until there are enough: the chosen, the last checkpoint, the best, the first, the
    neighbours of the chosen, the first and last of those tied with the best, those that stand
    beside these, and the first and the last that are not eligible.
    """
    verdicts = found.verdicts
    if len(verdicts) <= FEW:
        return list(verdicts)
    checkpoints = [i for i, v in enumerate(verdicts) if not v.is_average]
    chosen = next((i for i, v in enumerate(verdicts) if v.name == found.chosen), None)
    tied = [i for i, v in enumerate(verdicts) if v.in_best_set]
    refused = [i for i, v in enumerate(verdicts) if not v.eligible]
    ranked = _by_value(verdicts, found.selection.direction)
    wanted: list[int | None] = [chosen, *checkpoints[-1:]]
    wanted += ranked[:_BEST]
    wanted += checkpoints[:1]
    wanted += [] if chosen is None else [chosen - 1, chosen + 1]
    wanted += [*tied[:1], *tied[-1:]]
    wanted += [tied[0] - 1, tied[-1] + 1] if tied else []
    wanted += [*refused[:1], *refused[-1:]]
    wanted += ranked
    there = [i for i in dict.fromkeys(wanted) if i is not None and 0 <= i < len(verdicts)]
    return [verdicts[i] for i in sorted(there[:MOST])]


def _by_value(verdicts: Sequence[Verdict], direction: Direction) -> list[int]:
    """Returns indices, the best eligible first, then those that are not eligible."""
    losses = {i: direction.loss(v.value) for i, v in enumerate(verdicts) if v.value is not None}
    return sorted(losses, key=lambda i: (not verdicts[i].eligible, losses[i]))


def row_cells(verdict: Verdict, found: SweepVerdicts) -> tuple[str, str, str]:
    """Returns what a row shows: the value, Δ vs. chosen, and the verdict in words.

    Args:
        verdict: Verdict on a candidate.
        found: Verdicts of the sweep.
    """
    difference = verdict.difference
    return (
        with_sign(verdict.value, verdict.interval),
        with_sign(difference.value, difference.interval, "+") if difference else "",
        in_words(verdict, found),
    )


def in_words(verdict: Verdict, found: SweepVerdicts) -> str:
    """Says a verdict in few words; by how much is in the column of the difference.

    By which rule the chosen was chosen is in the sentence of the decision.

    What is significantly worse than another than the chosen says than which, and by how much, since
    its difference to the chosen may be not significant.

    Args:
        verdict: Verdict on a candidate.
        found: Verdicts of the sweep.
    """
    if verdict.name == found.chosen:
        return "chosen"
    if verdict.status not in (Status.TIED_WITH_BEST, Status.WORSE):
        return verdict.reason
    by = next((other for other in found.verdicts if other.name == verdict.beaten_by), None)
    if by is None or by.name == found.chosen:
        return verdict.status.value
    known = verdict.difference_to_better
    by_how_much = f" (Δ {with_sign(known.value, known.interval, '+')})" if known else ""
    return f"{verdict.status.value} than {by.label}{by_how_much}"


def describe_rest(verdicts: Sequence[Verdict], shown: Sequence[Verdict]) -> str:
    """Says how many are not shown, by what is said of them; "" if all are."""
    names = {verdict.name for verdict in shown}
    left = [verdict for verdict in verdicts if verdict.name not in names]
    counts = Counter(verdict.status.value for verdict in left)
    if len(counts) == 1:
        return f"and {len(left)} more, {left[0].status.value}"
    parts = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return f"and {len(left)} more: {parts}" if left else ""
