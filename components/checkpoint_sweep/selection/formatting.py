"""Formats values and decisions as text that says no more than the intervals show."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # What prints values need not wait for what computes intervals.
    from checkpoint_sweep.selection.decision import Decision
    from checkpoint_sweep.selection.selection import Selection

_DIGITS = 2  # Of a half width: more of them are noise.


def sentence(decision: "Decision", selection: "Selection") -> str:
    """Says by which rule what was chosen, its value with its interval, and how many tie with it.

    Args:
        decision: Decision in which something is chosen.
        selection: Selection that it was chosen by.
    """
    winner = decision.winner
    assert winner is not None
    what = winner.label
    if winner.averaged is not None:
        what = f"{what}, the average of the steps {', '.join(map(str, winner.averaged))}"
    value = plus_minus(winner.value or 0.0, winner.half_width)
    text = f"{what}, {winner.reason}: {selection} {value}"
    eligible = [v for v in decision.verdicts if v.eligible]
    members = [v for v in eligible if v.in_best_set]
    if not members:
        return f"{text}; how sure that is, is not known"
    if winner.caution:
        text += f" ({winner.caution})"
    if len(eligible) == 1:
        return f"{text}; no other is eligible"
    if members == [winner]:
        others = len(eligible) - 1
        each = f"each of the {others} other eligible" if others > 1 else "the other eligible one"
        return f"{text}; {each} is worse by more than chance explains at {decision.level:.0%}"
    return (
        f"{text}; {len(members)} of {len(eligible)} eligible checkpoints cannot be told from the "
        f"best at {decision.level:.0%}"
    )


def plus_minus(value: float, half: float | None) -> str:
    """Formats a value with as many digits as its half width bears, and the half width.

    >>> plus_minus(0.94977, 0.0065)
    '0.9498 ± 0.0065'

    Args:
        value: Value of a metric, or a difference of two.
        half: Half the width of its interval; None without one.
    """
    if half is None or not math.isfinite(half):
        return f"{value:.6g}"
    if half == 0:
        return f"{value:.6g} ± 0"
    decimals = max(0, _DIGITS - 1 - math.floor(math.log10(half)))
    return f"{value:.{decimals}f} ± {half:.{decimals}f}"


def with_sign(value: float | None, interval: Sequence[float] | None, sign: str = "") -> str:
    """Formats a value with its half width; a dash without a value.

    Args:
        value: Value of a metric, or a difference of two.
        interval: Interval of the value; None without one.
        sign: Text before a value that is not negative: "+" before a difference.
    """
    if value is None:
        return "–"
    text = plus_minus(value, None if interval is None else (interval[1] - interval[0]) / 2)
    return f"{sign}{text}" if not text.startswith("-") else text
