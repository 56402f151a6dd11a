"""The certainty of a choice: those tied with the best, and each difference to the chosen."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from checkpoint_sweep.selection.best_set import Comparison, Family
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.intervals import Estimate, estimate
from checkpoint_sweep.selection.policies import CandidateResult
from checkpoint_sweep.selection.replicates import Array
from checkpoint_sweep.selection.verdict import Difference


class EligibleFamily:
    """The eligible, compared with the best of them, and any candidate with these.

    Args:
        eligible: Results, at least one, each with a finite value and replicates on the same
            examples.
        influences: Influences of their replicates, (candidates, buckets).
        direction: Direction of the selection metric.
        level: Probability with which those tied with the best hold the truly best.
    """

    def __init__(
        self,
        eligible: Sequence[CandidateResult],
        influences: Array,
        direction: Direction,
        level: float,
    ) -> None:
        self._eligible = eligible
        self._direction = direction
        sign = direction.loss(1.0)
        losses = np.array([sign * r.replicates.value for r in eligible if r.replicates is not None])
        self._family = Family(losses, sign * influences, level)
        self._position = {result.name: at for at, result in enumerate(eligible)}
        self._compared: dict[str, Comparison | None] = {}

    def marked(self) -> list[CandidateResult]:
        """Returns the eligible with `in_best_set` and `beaten_by`."""
        found = []
        for result in self._eligible:
            comparison = self._compare(result)
            assert comparison is not None
            by = comparison.beaten_by
            beaten_by = None if by is None else self._eligible[by].name
            found.append(dataclasses.replace(result, in_best_set=by is None, beaten_by=beaten_by))
        return found

    def difference(self, result: CandidateResult, other: CandidateResult) -> Difference | None:
        """Computes how much the value is above that of another, with the margin of the test.

        The margin is that of the worse of the two: the interval leaves 0 out just where the better
        one beats it. So it never says another thing than the verdicts.

        Args:
            result: Result to compare; of the eligible, or not.
            other: One of the eligible, such as the chosen.

        Returns:
            None where the result has no standard error, or is of other examples.
        """
        own, others = self._compare(result), self._compare(other)
        if own is None or others is None:
            return None
        assert result.replicates is not None
        assert other.replicates is not None
        at = self._position[other.name]
        value = result.replicates.value - other.replicates.value
        worse = own if self._direction.loss(value) >= 0 else others
        error = float(own.standard_errors[at])
        margin = worse.critical * error
        return Difference(value, error, (value - margin, value + margin))

    def _compare(self, result: CandidateResult) -> Comparison | None:
        if result.name not in self._compared:
            self._compared[result.name] = self._comparison(result)
        return self._compared[result.name]

    def _comparison(self, result: CandidateResult) -> Comparison | None:
        if result.name in self._position:
            return self._family.compare_member(self._position[result.name])
        reference, replicates = self._eligible[0].replicates, result.replicates
        assert reference is not None
        if replicates is None or replicates.examples != reference.examples:
            return None
        influences = replicates.influences()
        if influences is None:
            return None
        sign = self._direction.loss(1.0)
        return self._family.compare(sign * replicates.value, sign * influences)


def family_of(
    eligible: Sequence[CandidateResult], direction: Direction, level: float
) -> EligibleFamily | None:
    """Makes the family of the eligible.

    Args:
        eligible: Results, each with a finite value.
        direction: Direction of the selection metric.
        level: Probability with which those tied with the best hold the truly best.

    Returns:
        None if one has no standard error, or was evaluated on other examples: it would be tied
        with the best whatever its value.
    """
    influences = _influences(eligible)
    return None if influences is None else EligibleFamily(eligible, influences, direction, level)


def with_best_set(
    eligible: Sequence[CandidateResult], direction: Direction, level: float
) -> list[CandidateResult]:
    """Marks the results that are tied with the best.

    Args:
        eligible: Results, each with a finite value.
        direction: Direction of the selection metric.
        level: Probability with which the set holds the truly best of them.

    Returns:
        The results with `in_best_set` and `beaten_by`; None for all where there is no family.
    """
    family = family_of(eligible, direction, level)
    if family is None:
        return [dataclasses.replace(r, in_best_set=None, beaten_by=None) for r in eligible]
    return family.marked()


def estimate_of(result: CandidateResult, level: float) -> Estimate | None:
    """Estimates the error of the selection metric; None where that is not possible."""
    return None if result.replicates is None else estimate(result.replicates, level)


def _influences(eligible: Sequence[CandidateResult]) -> Array | None:
    """Returns (candidates, buckets); None if one has none, or was evaluated on other examples."""
    found = [result.replicates for result in eligible if result.replicates is not None]
    if not eligible or len(found) < len(eligible):
        return None
    if len({replicates.examples for replicates in found}) > 1:
        return None
    rows = [influences for r in found if (influences := r.influences()) is not None]
    return np.array(rows) if len(rows) == len(found) else None
