"""What a decision says in a sentence, and no more than its intervals show."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # What prints words need not wait for what computes intervals.
    from checkpoint_sweep.selection.decision import Decision, Verdict
    from checkpoint_sweep.selection.selection import Selection

_DIGITS = 2  # Of a half width: more of them are noise.


def sentence(decision: "Decision", selection: "Selection") -> str:
    """The rule, the value with its interval, and how many cannot be told from the best.

    Args:
        decision: in which something is chosen.
        selection: by which.
    """
    winner = decision.winner
    assert winner is not None
    value = plus_minus(winner.value or 0.0, half_width(winner))
    what = f"step {winner.step}"
    if winner.averaged is not None:
        what = f"{winner.name}, the average of the steps {', '.join(map(str, winner.averaged))}"
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


def half_width(verdict: "Verdict") -> float | None:
    """Half the width of the interval of a verdict's value; None without one."""
    if verdict.interval is None:
        return None
    return (verdict.interval[1] - verdict.interval[0]) / 2


def plus_minus(value: float, half: float | None) -> str:
    """A value with as many digits as its half width bears, and the half width."""
    if half is None or not math.isfinite(half):
        return f"{value:.6g}"
    if half == 0:
        return f"{value:.6g} ± 0"
    decimals = max(0, _DIGITS - 1 - math.floor(math.log10(half)))
    return f"{value:.{decimals}f} ± {half:.{decimals}f}"


def with_sign(value: float | None, interval: Sequence[float] | None, sign: str = "") -> str:
    """A value with its half width; a dash without a value.

    Args:
        value: of a metric, or of a difference.
        interval: of the value; None without one.
        sign: what stands before a value that is not negative: "+" of a difference.
    """
    if value is None:
        return "–"
    text = plus_minus(value, None if interval is None else (interval[1] - interval[0]) / 2)
    return f"{sign}{text}" if not text.startswith("-") else text
