"""The gap between a split and the one that chooses, in words."""

from checkpoint_sweep.selection.formatting import plain
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict


def gap(verdict: Verdict, split: str) -> float | None:
    """Returns the value on a split less that on the split that chooses; None without one of them.

    Args:
        verdict: Verdict on a candidate.
        split: Name of the split.
    """
    value = verdict.splits.get(split)
    return None if value is None or verdict.value is None else value - verdict.value


def with_gap(verdict: Verdict, split: str) -> str:
    """Formats the value on a split, and the gap; a dash without a value.

    >>> from checkpoint_sweep.selection.verdict import Verdict
    >>> with_gap(Verdict("a", 200, True, 0.875, "", splits={"train": 0.9375}), "train")
    '0.9375 (+0.0625)'
    """
    value, known = verdict.splits.get(split), gap(verdict, split)
    if value is None:
        return "–"
    if known is None:
        return plain(value)
    return f"{plain(value)} ({'+' if known >= 0 else ''}{plain(known)})"


def describe_gaps(found: SweepVerdicts) -> list[str]:
    """Says the gap of the chosen to each of the other splits, and that of the last checkpoint.

    Args:
        found: Verdicts of a sweep.
    """
    splits = dict.fromkeys(split for verdict in found.verdicts for split in verdict.splits)
    told = {v.name: (v, ", the last") for v in found.checkpoints[-1:]}
    if found.winner is not None:
        told = {found.winner.name: (found.winner, ", the chosen")} | {
            name: known for name, known in told.items() if name != found.winner.name
        }
    return [
        f"{found.selection} on {split} (gap): "
        + "; ".join(f"{with_gap(v, split)} at {v.label}{which}" for v, which in told.values())
        for split in splits
    ]
