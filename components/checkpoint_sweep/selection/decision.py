"""Which candidate is chosen, and a verdict on every other: a pure function of their results."""

import dataclasses
import math
from collections.abc import Sequence

from checkpoint_sweep.common.text import some
from checkpoint_sweep.selection import policies
from checkpoint_sweep.selection.direction import Direction
from checkpoint_sweep.selection.policies import CandidateResult, SelectionPolicy


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The judgement on one checkpoint, or on an average.

    Attributes:
        name: of the candidate.
        step: training step; of an average, that of the newest checkpoint in it.
        eligible: whether it may be chosen.
        value: of the selection metric; None when it has none.
        reason: why it is chosen, or not chosen, or not eligible.
        missed: one sentence for each threshold that it missed.
        averaged: steps of the checkpoints that it is the average of; None for a checkpoint.
    """

    name: str
    step: int
    eligible: bool
    value: float | None
    reason: str
    missed: Sequence[str] = ()
    averaged: Sequence[int] | None = None


@dataclasses.dataclass(frozen=True)
class Decision:
    """The outcome of a sweep.

    Attributes:
        chosen: name of the chosen candidate; None when none is eligible.
        verdicts: one for each candidate, by step, averages after checkpoints.
    """

    chosen: str | None
    verdicts: Sequence[Verdict]


def choose(
    results: Sequence[CandidateResult],
    direction: Direction,
    policy: SelectionPolicy | None = None,
) -> Decision:
    """Chooses among those with a finite value and finite predictions that missed no threshold.

    Args:
        results: one for each candidate, in any order.
        direction: of the selection metric.
        policy: how; `policies.BestValue` if None.

    Returns:
        The decision, with a verdict for every result.

    Raises:
        SelectionError: the policy fails, or chooses what it was not given.
    """
    ordered = sorted(results, key=lambda r: (r.step, r.averaged is not None))
    obstacles = {r.name: _why_not_eligible(r) for r in ordered}
    eligible = [r for r in ordered if obstacles[r.name] is None]
    reasons = dict(obstacles)
    chosen = None
    if eligible:
        choice = policies.choose(policy or policies.BestValue(), eligible, direction)
        chosen = choice.name
        for result in eligible:
            reasons[result.name] = choice.reasons.get(result.name, choice.otherwise)
        reasons[chosen] = choice.reason
    verdicts = [
        Verdict(
            r.name,
            r.step,
            eligible=obstacles[r.name] is None,
            value=r.value if r.value is not None and math.isfinite(r.value) else None,
            reason=reasons[r.name] or "",
            missed=list(r.threshold_failures),
            averaged=None if r.averaged is None else list(r.averaged),
        )
        for r in ordered
    ]
    return Decision(chosen, verdicts)


def is_eligible(result: CandidateResult) -> bool:
    """Whether a candidate may be chosen."""
    return _why_not_eligible(result) is None


def _why_not_eligible(result: CandidateResult) -> str | None:
    if result.left_out:
        return result.left_out
    if result.value is None:
        return "the selection metric has no value"
    if not math.isfinite(result.value):
        return f"the selection metric is {result.value}"
    if result.threshold_failures:
        return f"missed {some(result.threshold_failures, 1)}"
    return None
