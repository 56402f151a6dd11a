"""A decision in a sentence that says no more than the intervals show."""

from collections.abc import Sequence

from checkpoint_sweep.selection.cluster_key import by_clusters
from checkpoint_sweep.selection.criteria import ThresholdMode
from checkpoint_sweep.selection.decision import NO_VALUE, Decision
from checkpoint_sweep.selection.formatting import plus_minus
from checkpoint_sweep.selection.racing import DROPPED
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.verdict import Verdict


def sentence(decision: Decision, selection: Selection) -> str:
    """Says by which rule what was chosen, its value with its interval, and how many tie with it.

    Candidates that the metric gives no value are named: any of them may be better.

    Args:
        decision: Decision in which something is chosen.
        selection: Selection that it was chosen by.
    """
    text = _of_chosen(decision, selection)
    unknown = {v.label: v.reason for v in decision.verdicts if v.reason.startswith(NO_VALUE)}
    for label, reason in list(unknown.items())[:1]:
        more = f" and {_others(len(unknown) - 1)}" if len(unknown) > 1 else ""
        text += f"; {label}{more}: {reason}"
    return text


def _of_chosen(decision: Decision, selection: Selection) -> str:
    winner = decision.winner
    assert winner is not None
    what = winner.label
    if winner.averaged is not None:
        what = f"{what}, the average of the steps {', '.join(map(str, winner.averaged))}"
    value = plus_minus(winner.value or 0.0, winner.half_width)
    text = f"{what}, {winner.reason}: {selection} {value}"
    if decision.cluster_key is not None and winner.interval is not None:
        text += f", {by_clusters(decision.cluster_key)}"
    if winner.caution:
        text += f" ({winner.caution})"
    eligible = [v for v in decision.verdicts if v.eligible]
    members = [v for v in eligible if v.in_best_set]
    if not members:
        return f"{text}; its uncertainty is unknown"
    dropped = sum(v.reason.startswith(DROPPED) for v in decision.verdicts)
    if len(eligible) > 1:
        text += f"; {ties(len(members), len(eligible), decision.level)}"
    elif not dropped or dropped < len(decision.verdicts) - 1:
        text += f"; {alone_of(len(decision.verdicts))}"
    if dropped:
        text += f"; the race dropped {'1 checkpoint' if dropped == 1 else f'{dropped} checkpoints'}"
    if caution := caution_of_others(eligible, winner):
        text += f"; {caution}"
    return text


def caution_of_others(eligible: Sequence[Verdict], winner: Verdict) -> str:
    """Says which of those that the chosen was compared with have a caution that it has not.

    Args:
        eligible: Verdicts on the passing candidates.
        winner: Verdict on the chosen.

    Returns:
        The caution of the first of them, and how many others have one; "" without any.
    """
    cautions = {v.label: v.caution for v in eligible if v.caution and v.caution != winner.caution}
    for label, caution in cautions.items():
        rest = len(cautions) - 1
        more = f" ({_others(rest)} {'has' if rest == 1 else 'have'} one too)" if rest else ""
        return f"caution for {label}{more}: {caution}"
    return ""


def _others(number: int) -> str:
    return "one other checkpoint" if number == 1 else f"{number} other checkpoints"


def alone_of(candidates: int) -> str:
    """Says that nothing else passed; of a single candidate, that there is no other.

    >>> alone_of(1), alone_of(3)
    ('it is the only checkpoint', 'no other checkpoint passed')

    Args:
        candidates: Number of candidates, the one that passed included.
    """
    return "it is the only checkpoint" if candidates == 1 else "no other checkpoint passed"


def all_passed(mode: ThresholdMode, level: float) -> str:
    """Says that every threshold is passed, and how surely.

    >>> all_passed(ThresholdMode.CONFIDENT, 0.95)
    'it passed every threshold with 95% confidence'

    Args:
        mode: Mode in which thresholds are to be met.
        level: Level of the selection.
    """
    surely = f" with {level:.0%} confidence" if mode is ThresholdMode.CONFIDENT else ""
    return f"it passed every threshold{surely}"


def ties(tied: int, passing: int, level: float) -> str:
    """Says how many are tied with the best; where one stands alone, that the others are worse.

    >>> ties(18, 19, 0.95)
    '18 of the 19 passing checkpoints are statistically tied (95%)'

    Args:
        tied: Number of those tied with the best, itself included.
        passing: Number of those that passed, at least 2.
        level: Level of the test.
    """
    if tied > 1:
        return f"{tied} of the {passing} passing checkpoints are statistically tied ({level:.0%})"
    if passing == 2:
        return f"the other passing checkpoint is significantly worse ({level:.0%})"
    return f"the other {passing - 1} passing checkpoints are significantly worse ({level:.0%})"
