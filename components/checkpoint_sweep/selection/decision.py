"""The decision: the chosen candidate, and a verdict on each, as a pure function of results."""

import dataclasses
import math
from collections.abc import Sequence

from checkpoint_sweep.common.json_safe import finite_or_none
from checkpoint_sweep.common.text import missed_thresholds
from checkpoint_sweep.selection import certainty, policies
from checkpoint_sweep.selection.criteria import LEVEL, Direction
from checkpoint_sweep.selection.policies import CandidateResult, SelectionPolicy
from checkpoint_sweep.selection.verdict import Difference, Verdict

# The reason of a candidate without a value to choose by begins so.
NO_VALUE = "the selection metric"


@dataclasses.dataclass(frozen=True)
class Decision:
    """The choice among the candidates of a sweep.

    Attributes:
        chosen: Name of the chosen candidate; None when none is eligible.
        verdicts: One verdict for each candidate, by run and step, averages after checkpoints.
        level: Level of the intervals, and of the set of those tied with the best.
        cluster_key: Feature by whose values errors were estimated; None for those of examples.
    """

    chosen: str | None
    verdicts: Sequence[Verdict]
    level: float = LEVEL
    cluster_key: str | None = None

    @property
    def winner(self) -> Verdict | None:
        """The verdict on the chosen; None when none is eligible."""
        return next((v for v in self.verdicts if v.name == self.chosen), None)


def choose(
    results: Sequence[CandidateResult],
    direction: Direction,
    policy: SelectionPolicy | None = None,
    level: float = LEVEL,
) -> Decision:
    """Chooses among those with a finite value and finite predictions that missed no threshold.

    >>> results = [CandidateResult("step-1", 1, 0.7), CandidateResult("step-2", 2, 0.8)]
    >>> choose(results, Direction.HIGHER_IS_BETTER).chosen
    'step-2'

    Args:
        results: One result for each candidate, in any order.
        direction: Direction of the selection metric.
        policy: Policy to choose by; `policies.BestValue` if None.
        level: Level of the intervals, and the probability with which the set of those tied with
            the best holds the truly best of the eligible.

    Returns:
        The decision, with a verdict for every result.

    Raises:
        SelectionError: The policy fails, or chooses what it was not given.
    """
    ordered = sorted(results, key=lambda r: (r.step, r.is_average, r.place))
    reasons = {r.name: _ineligible_reason(r) for r in ordered}
    passed = [r for r in ordered if reasons[r.name] is None]
    family = certainty.family_of(passed, direction, level)
    eligible = family.marked() if family else passed
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
            known[r.name],
            r.name in {e.name for e in eligible},
            reasons[r.name] or "",
            level,
            _difference(family, r, chosen),
            _difference(family, r, known.get(known[r.name].beaten_by or "")),
        )
        for r in sorted(ordered, key=lambda r: r.place)
    ]
    by = next((r.replicates.cluster_key for r in results if r.replicates is not None), None)
    return Decision(chosen.name if chosen else None, verdicts, level, by)


def _difference(
    family: certainty.EligibleFamily | None, result: CandidateResult, other: CandidateResult | None
) -> Difference | None:
    if family is None or other is None or result.name == other.name:
        return None
    return family.difference(result, other)


def _verdict(
    result: CandidateResult,
    eligible: bool,
    reason: str,
    level: float,
    to_chosen: Difference | None,
    to_better: Difference | None,
) -> Verdict:
    value = finite_or_none(result.value)
    own = certainty.estimate_of(result, level) if value is not None else None
    return Verdict(
        result.name,
        result.step,
        eligible=eligible,
        value=value,
        reason=reason,
        missed=list(result.threshold_failures),
        standard_error=own.standard_error if own else None,
        interval=own.interval if own else None,
        in_best_set=result.in_best_set if eligible else None,
        beaten_by=result.beaten_by if eligible else None,
        difference=to_chosen if value is not None else None,
        difference_to_better=to_better if eligible else None,
        caution=own.caution if own else None,
        averaged=None if result.averaged is None else list(result.averaged),
        splits={split: finite_or_none(number) for split, number in result.splits.items()},
        run=result.run,
    )


def is_eligible(result: CandidateResult) -> bool:
    """Returns whether a candidate may be chosen."""
    return _ineligible_reason(result) is None


def _ineligible_reason(result: CandidateResult) -> str | None:
    if result.excluded_reason:
        return result.excluded_reason
    if result.value is None:
        return f"{NO_VALUE} has no value"
    if not math.isfinite(result.value):
        if result.replicates is not None and result.replicates.rarer_label == 0:
            return f"{NO_VALUE} has no value: all examples have the same label"
        return f"{NO_VALUE} is {result.value}"
    if result.threshold_failures:
        return missed_thresholds(result.threshold_failures)
    return None
