"""Which of many checkpoints a table shows, and what is said of the rest: pure functions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from checkpoint_sweep.selection.words import with_sign

Verdict = Mapping[str, Any]

MOST = 10
_BEST = 3


def telling(
    verdicts: Sequence[Verdict], chosen: str | None, higher_is_better: bool, most: int = MOST
) -> list[Verdict]:
    """The verdicts that matter, in their order; all of them if they are few.

    Those are, until there are enough: the chosen, the last checkpoint, the best, the first, the
    neighbours of the chosen, the first and last of what cannot be told from the best, those that
    stand beside these, and the first and the last that are not eligible.

    Args:
        verdicts: by step.
        chosen: name of the chosen; None when none is.
        higher_is_better: the direction of the metric.
        most: how many may be shown.
    """
    if len(verdicts) <= most:
        return list(verdicts)
    checkpoints = [i for i, v in enumerate(verdicts) if v.get("averaged") is None]
    at = next((i for i, v in enumerate(verdicts) if v["name"] == chosen), None)
    best = [i for i, v in enumerate(verdicts) if v.get("in_best_set")]
    refused = [i for i, v in enumerate(verdicts) if not v["eligible"]]
    wanted: list[int | None] = [at, *checkpoints[-1:]]
    wanted += _by_value(verdicts, higher_is_better)[:_BEST]
    wanted += checkpoints[:1]
    wanted += [] if at is None else [at - 1, at + 1]
    wanted += [*best[:1], *best[-1:]]
    wanted += [best[0] - 1, best[-1] + 1] if best else []
    wanted += [*refused[:1], *refused[-1:]]
    wanted += _by_value(verdicts, higher_is_better)
    there = [i for i in dict.fromkeys(wanted) if i is not None and 0 <= i < len(verdicts)]
    return [verdicts[i] for i in sorted(there[:most])]


def _by_value(verdicts: Sequence[Verdict], higher_is_better: bool) -> list[int]:
    """Indices, the best eligible first, then those that are not eligible."""
    valued = [i for i, v in enumerate(verdicts) if v["value"] is not None]
    sign = -1.0 if higher_is_better else 1.0
    return sorted(valued, key=lambda i: (not verdicts[i]["eligible"], sign * verdicts[i]["value"]))


def cells(verdict: Verdict, chosen: str | None) -> tuple[str, str, str]:
    """What a row shows: the value, the difference to the chosen, and the verdict in words.

    Args:
        verdict: on a candidate.
        chosen: name of the chosen; None when none is.
    """
    difference = verdict.get("difference")
    return (
        with_sign(verdict["value"], verdict.get("interval")),
        with_sign(difference["value"], difference["interval"], "+") if difference else "",
        in_words(verdict, chosen),
    )


def in_words(verdict: Verdict, chosen: str | None) -> str:
    """A verdict in few words; by how much is in the column of the difference."""
    if verdict["name"] == chosen:
        return f"chosen: {verdict['reason']}"
    if not verdict["eligible"]:
        return str(verdict["reason"])
    return _eligible_kind(verdict) or str(verdict["reason"])


def rest(verdicts: Sequence[Verdict], shown: Sequence[Verdict]) -> str:
    """How many are not shown, by what is said of them; "" if all are."""
    names = {verdict["name"] for verdict in shown}
    left = [verdict for verdict in verdicts if verdict["name"] not in names]
    counts = Counter(map(_kind, left))
    parts = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    return f"and {len(left)} more: {parts}" if left else ""


def _kind(verdict: Verdict) -> str:
    if verdict["eligible"]:
        return _eligible_kind(verdict) or "eligible"
    return "missed thresholds" if verdict.get("missed") else "left out"


def _eligible_kind(verdict: Verdict) -> str:
    """Whether it can be told from the best; "" where that is not known."""
    known = verdict.get("in_best_set")
    if known is None:
        return ""
    return "equal within noise" if known else "worse than others beyond noise"
