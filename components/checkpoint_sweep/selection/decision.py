"""Which candidate is chosen, and a verdict on every other: a pure function of their results."""

import dataclasses
import math
from collections.abc import Sequence

from checkpoint_sweep.common.text import some
from checkpoint_sweep.selection import certainty, policies
from checkpoint_sweep.selection.direction import Direction
from checkpoint_sweep.selection.intervals import LEVEL, Estimate
from checkpoint_sweep.selection.policies import CandidateResult, SelectionPolicy


@dataclasses.dataclass(frozen=True)
class Difference:
    """How two values differ.

    Attributes:
        value: the one less the other.
        standard_error: of it.
        interval: of it, at the level of the selection.
    """

    value: float
    standard_error: float
    interval: tuple[float, float]


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
        standard_error: of the value; None where it is not known.
        interval: the value's, at the level of the selection; None where it is not known.
        in_best_set: whether it cannot be told from the best of the eligible; None where that is
            not known, or it is not eligible.
        difference: its value less that of the chosen, with the standard error and the interval of
            this difference; None where it is not known.
        caution: why the interval is not to be trusted; None if it is.
        averaged: steps of the checkpoints that it is the average of; None for a checkpoint.
    """

    name: str
    step: int
    eligible: bool
    value: float | None
    reason: str
    missed: Sequence[str] = ()
    standard_error: float | None = None
    interval: tuple[float, float] | None = None
    in_best_set: bool | None = None
    difference: Difference | None = None
    caution: str | None = None
    averaged: Sequence[int] | None = None


@dataclasses.dataclass(frozen=True)
class Decision:
    """The outcome of a sweep.

    Attributes:
        chosen: name of the chosen candidate; None when none is eligible.
        verdicts: one for each candidate, by step, averages after checkpoints.
        level: of its intervals, and of the set of the best.
    """

    chosen: str | None
    verdicts: Sequence[Verdict]
    level: float = LEVEL

    @property
    def winner(self) -> Verdict | None:
        """The verdict on the chosen."""
        return next((v for v in self.verdicts if v.name == self.chosen), None)


def choose(
    results: Sequence[CandidateResult],
    direction: Direction,
    policy: SelectionPolicy | None = None,
    level: float = LEVEL,
) -> Decision:
    """Chooses among those with a finite value and finite predictions that missed no threshold.

    Args:
        results: one for each candidate, in any order.
        direction: of the selection metric.
        policy: how; `policies.BestValue` if None.
        level: of the intervals, and the probability with which the set of those that cannot be
            told from the best holds the truly best of the eligible.

    Returns:
        The decision, with a verdict for every result.

    Raises:
        SelectionError: the policy fails, or chooses what it was not given.
    """
    ordered = sorted(results, key=lambda r: (r.step, r.averaged is not None))
    reasons = {r.name: _why_not_eligible(r) for r in ordered}
    eligible = certainty.with_best_set(
        [r for r in ordered if reasons[r.name] is None], direction, level
    )
    chosen = None
    if eligible:
        choice = policies.choose(policy or policies.BestValue(), eligible, direction)
        chosen = next(r for r in eligible if r.name == choice.name)
        for result in eligible:
            reasons[result.name] = choice.reasons.get(result.name, choice.otherwise)
        reasons[chosen.name] = choice.reason
    known = {r.name: r for r in (*ordered, *eligible)}
    verdicts = [
        _verdict(
            known[r.name], r.name in {e.name for e in eligible}, reasons[r.name], chosen, level
        )
        for r in ordered
    ]
    return Decision(chosen.name if chosen else None, verdicts, level)


def _verdict(
    result: CandidateResult,
    eligible: bool,
    reason: str | None,
    chosen: CandidateResult | None,
    level: float,
) -> Verdict:
    value = result.value if result.value is not None and math.isfinite(result.value) else None
    own = certainty.estimate_of(result, level) if value is not None else None
    versus = None
    if chosen is not None and result is not chosen and value is not None:
        versus = certainty.difference(result, chosen, level)
    return Verdict(
        result.name,
        result.step,
        eligible=eligible,
        value=value,
        reason=reason or "",
        missed=list(result.threshold_failures),
        standard_error=own.standard_error if own else None,
        interval=own.interval if own else None,
        in_best_set=result.in_best_set if eligible else None,
        difference=_difference(versus),
        caution=own.caution if own else None,
        averaged=None if result.averaged is None else list(result.averaged),
    )


def _difference(versus: Estimate | None) -> Difference | None:
    if versus is None or versus.standard_error is None or versus.interval is None:
        return None
    return Difference(versus.value, versus.standard_error, versus.interval)


def is_eligible(result: CandidateResult) -> bool:
    """Whether a candidate may be chosen."""
    return _why_not_eligible(result) is None


def _why_not_eligible(result: CandidateResult) -> str | None:
    if result.left_out:
        return result.left_out
    if result.value is None:
        return "the selection metric has no value"
    if not math.isfinite(result.value):
        if result.replicates is not None and result.replicates.rarer_label == 0:
            return "the selection metric has no value: all examples have the same label"
        return f"the selection metric is {result.value}"
    if result.threshold_failures:
        return f"missed {some(result.threshold_failures, 1)}"
    return None
