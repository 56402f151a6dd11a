"""Policies that choose among the checkpoints that are tied with the best.

The best point value mostly loses the least against the truly best checkpoint; the earliest and the
latest of the set lose about two standard errors of a difference. They are for those who have
another reason to prefer one of several that are tied. Choosing by
a finer metric, such as the mean loss for accuracy, can lose less, or more if the two metrics have
their best at different times. See `benchmarks/STUDY.md`.
"""

import dataclasses
import math
from collections.abc import Sequence

from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.formatting import plain
from checkpoint_sweep.selection.policies import (
    CandidateResult,
    Choice,
    SelectionError,
    worse_reason,
)

_SECONDARY = Words("SecondaryMetric", "--choose")


@dataclasses.dataclass(frozen=True)
class EarliestOfSet:
    """Chooses the earliest of those that are tied with the best: the least training.

    >>> from checkpoint_sweep import CandidateResult, Direction, EarliestOfSet
    >>> eligible = [
    ...     CandidateResult("a", 200, 0.91, in_best_set=True),
    ...     CandidateResult("b", 400, 0.92, in_best_set=True),
    ...     CandidateResult("c", 600, 0.8, in_best_set=False),
    ... ]
    >>> EarliestOfSet().choose(eligible, Direction.HIGHER_IS_BETTER).name
    'a'
    """

    def choose(self, eligible: Sequence[CandidateResult], direction: Direction) -> Choice:
        """Chooses the earliest of the set."""
        chosen = min(_best_set(eligible), key=lambda r: r.step)
        return _choice(chosen, eligible, "the earliest", f"{chosen.label} is earlier")


@dataclasses.dataclass(frozen=True)
class LatestOfSet:
    """Chooses the latest of those that are tied with the best: the most training.

    >>> from checkpoint_sweep import CandidateResult, Direction, LatestOfSet
    >>> eligible = [
    ...     CandidateResult("a", 200, 0.91, in_best_set=True),
    ...     CandidateResult("b", 400, 0.92, in_best_set=True),
    ...     CandidateResult("c", 600, 0.8, in_best_set=False),
    ... ]
    >>> LatestOfSet().choose(eligible, Direction.HIGHER_IS_BETTER).name
    'b'
    """

    def choose(self, eligible: Sequence[CandidateResult], direction: Direction) -> Choice:
        """Chooses the latest of the set."""
        chosen = max(_best_set(eligible), key=lambda r: r.step)
        return _choice(chosen, eligible, "the latest", f"{chosen.label} is later")


@dataclasses.dataclass(frozen=True)
class SecondaryMetric:
    """Chooses, of those that are tied with the best, the best by another metric.

    One whose value is not a number is the worst.

    >>> from checkpoint_sweep import CandidateResult, Direction, SecondaryMetric
    >>> eligible = [
    ...     CandidateResult("a", 200, 0.91, metrics={"loss": 0.4}, in_best_set=True),
    ...     CandidateResult("b", 400, 0.92, metrics={"loss": 0.5}, in_best_set=True),
    ... ]
    >>> policy = SecondaryMetric("loss", Direction.LOWER_IS_BETTER)
    >>> policy.choose(eligible, Direction.HIGHER_IS_BETTER).name
    'a'

    Attributes:
        metric: Name of the metric, on the slice of the selection.
        direction: Direction in which its values are better.
    """

    metric: str
    direction: Direction

    def __post_init__(self) -> None:
        object.__setattr__(self, "direction", Direction(self.direction))

    def choose(self, eligible: Sequence[CandidateResult], direction: Direction) -> Choice:
        """Chooses the best of the set by the other metric.

        Raises:
            SelectionError: One of them has no such metric, or no value of it is a number.
        """
        best = _best_set(eligible)
        for result in best:
            if self.metric not in result.metrics:
                known = ", ".join(sorted(result.metrics)) or "nothing"
                raise SelectionError(
                    _SECONDARY,
                    f": {result.name} has no metric {self.metric!r}. It has: {known}. Name one of "
                    "these.",
                )
        numbers = [result for result in best if not math.isnan(result.metrics[self.metric])]
        if not numbers:
            raise SelectionError(
                _SECONDARY,
                f": {self.metric!r} is not a number for any checkpoint that is tied with the best. "
                "Name another metric.",
            )
        chosen = min(numbers, key=lambda r: (self.direction.loss(r.metrics[self.metric]), r.step))
        value = chosen.metrics[self.metric]
        return _choice(
            chosen,
            eligible,
            f"the best by {self.metric}, {plain(value)},",
            f"{chosen.label} is better by {self.metric}",
        )


def _best_set(eligible: Sequence[CandidateResult]) -> list[CandidateResult]:
    """Returns those tied with the best.

    Raises:
        SelectionError: The set is not known.
    """
    if any(result.in_best_set is None for result in eligible):
        raise SelectionError(
            Words("The policy needs", "--choose needs"),
            " standard errors, and this evaluation gives none. Evaluate with ",
            Words('engine="fused"', "--engine=fused"),
            " on more examples, or choose by ",
            Words("BestValue()", "--choose=best"),
            ".",
        )
    return [result for result in eligible if result.in_best_set]


def _choice(
    chosen: CandidateResult, eligible: Sequence[CandidateResult], rank: str, why_not: str
) -> Choice:
    why = {r.name: why_not if r.in_best_set else worse_reason(r, eligible) for r in eligible}
    return Choice(chosen.name, f"{rank} of those tied with the best", why_not, why)
