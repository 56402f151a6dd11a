"""The certainty of a choice: the set of the best, and each difference to the chosen."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from checkpoint_sweep.selection.best_set import best_set
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.intervals import Estimate, estimate
from checkpoint_sweep.selection.policies import CandidateResult
from checkpoint_sweep.selection.replicates import Array


def with_best_set(
    eligible: Sequence[CandidateResult], direction: Direction, level: float
) -> list[CandidateResult]:
    """Marks the results that are tied with the best.

    Args:
        eligible: Results, each with a finite value.
        direction: Direction of the selection metric.
        level: Probability with which the set holds the truly best of them.

    Returns:
        The results with `in_best_set` set for all; None for all if one has no standard error, or
        was evaluated on other examples, so that the set would have to hold it whatever its value.
    """
    influences = _influences(eligible)
    if influences is None:
        return [dataclasses.replace(result, in_best_set=None) for result in eligible]
    sign = direction.loss(1.0)
    losses = np.array([sign * r.replicates.value for r in eligible if r.replicates is not None])
    members = best_set(losses, sign * influences, level)
    return [
        dataclasses.replace(result, in_best_set=bool(member))
        for result, member in zip(eligible, members, strict=True)
    ]


def estimate_of(result: CandidateResult, level: float) -> Estimate | None:
    """Estimates the error of the selection metric; None where that is not possible."""
    return None if result.replicates is None else estimate(result.replicates, level)


def difference(result: CandidateResult, chosen: CandidateResult, level: float) -> Estimate | None:
    """Estimates how much the value is above that of the chosen, on the same examples.

    The interval is of this pair alone: of many, some miss the truth.
    """
    if result.replicates is None or chosen.replicates is None:
        return None
    if result.replicates.examples != chosen.replicates.examples:
        return None
    return estimate(result.replicates.minus(chosen.replicates), level)


def _influences(eligible: Sequence[CandidateResult]) -> Array | None:
    """Returns (candidates, buckets); None if one has none, or was evaluated on other examples."""
    found = [result.replicates for result in eligible if result.replicates is not None]
    if not eligible or len(found) < len(eligible):
        return None
    if len({replicates.examples for replicates in found}) > 1:
        return None
    rows = [influences for r in found if (influences := r.influences()) is not None]
    return np.array(rows) if len(rows) == len(found) else None
