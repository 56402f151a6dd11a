"""The sums of all folds but one, for each fold."""

import copy
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from checkpoint_sweep.evaluation.aggregate import derive, sums
from checkpoint_sweep.evaluation.aggregate.slice_state import SliceState, empty_sums
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.combiners.rows import RowSums

# Largest number of sums to compute at once: 16 MB.
_MOST_AT_ONCE = 2_000_000


class SampleSums(NamedTuple):
    """The sums of one leaf: of all of the data, then of all folds but each.

    Attributes:
        rows: Sums of each sample, all in the same buckets.
        present: Whether an example of the sample has added to the bucket, (nnz,) bool.
    """

    rows: RowSums
    present: np.ndarray


def sample_sums(
    element: SliceState, leaf_number: int, leaf: plan_lib.Leaf, model: int, folds: list[int]
) -> SampleSums | None:
    """Computes the sums of one model, of all samples at once; None if that takes much memory.

    Args:
        element: Sums of one slice, whose samples are folds.
        leaf_number: Number of the leaf in its plan.
        leaf: Leaf with a vectorized combiner.
        model: Number of the model.
        folds: Folds that have examples, at least one.
    """
    parts = _by_fold(element, leaf_number, leaf, model, folds)
    buckets = np.unique(np.concatenate([part.codes for part in parts]))
    shape = len(parts) + 1, buckets.size, parts[0].values.shape[1]
    if math.prod(shape) > _MOST_AT_ONCE:
        return None
    values, added = np.zeros(shape), np.zeros(shape[:2], np.int64)
    for number, part in enumerate(parts, 1):
        at = np.searchsorted(buckets, part.codes)
        values[number, at], added[number, at] = part.values, 1
    return SampleSums(
        RowSums(
            np.tile(buckets, len(values)),
            _without_each(values).reshape(-1, values.shape[2]),
            np.arange(len(values) + 1) * buckets.size,
        ),
        _without_each(added).ravel() > 0,
    )


def _without_each(folds: np.ndarray) -> np.ndarray:
    """Adds up all folds, then all folds but each.

    Nothing is subtracted: rounding would leave a remainder where there are no examples.

    Args:
        folds: Zeros, then what is to be added of each fold, (folds + 1, ...).
    """
    result = np.zeros_like(folds)
    total = np.zeros_like(folds[0])
    for number, fold in enumerate(folds):  # NumPy's cumulative sum of columns is ten times slower.
        result[number] += total
        total += fold
    result[0] = total
    total = np.zeros_like(total)
    for number in range(len(folds) - 1, 0, -1):
        result[number] += total
        total += folds[number]
    return result


def samples(
    element: SliceState, plan: plan_lib.Plan, model: int, models: int, folds: list[int]
) -> Iterator[derive.Sample]:
    """Yields the sums of one model: of all of the data, then of all folds but each.

    Args:
        element: Sums of one slice, whose samples are folds.
        plan: Plan of the metrics.
        model: Number of the model.
        models: Number of models, the baseline included.
        folds: Folds that have examples.
    """
    number = len(folds)
    by_leaf: dict[int, Iterator[sums.Sums]] = {}
    for index, leaf in enumerate(plan.leaves):
        if leaf.vectorized is None or leaf.of_baseline != plan.is_baseline(model, models):
            continue
        parts = _by_fold(element, index, leaf, model, folds)
        by_leaf[index] = _all_but_one(parts, model * leaf.vectorized.buckets)
    fallback: list[dict[int, dict[int, Any]]] = [{} for _ in range(number + 1)]
    for index, accumulators in element.fallback.items():
        combine = plan.leaves[index].combine
        mine = [accumulators.get((model, fold)) for fold in folds]
        if all(accumulator is None for accumulator in mine):
            continue
        for sample in range(number + 1):
            kept = [a for i, a in enumerate(mine) if a is not None and i != sample - 1]
            if kept:
                merged = combine.merge_accumulators(copy.deepcopy(kept))
                fallback[sample][index] = {model: merged}
    for accumulated in fallback:
        yield derive.Sample({index: next(found) for index, found in by_leaf.items()}, accumulated)


def _by_fold(
    element: SliceState, leaf_number: int, leaf: plan_lib.Leaf, model: int, folds: list[int]
) -> list[sums.Sums]:
    """Selects the sums of one leaf and model, whose codes are buckets, of each fold."""
    assert leaf.vectorized is not None
    first = model * leaf.vectorized.buckets
    by_fold = element.sums.get(leaf_number, {})
    nothing = empty_sums(leaf)
    return [
        by_fold.get(fold, nothing).block(first, first + leaf.vectorized.buckets) for fold in folds
    ]


def _all_but_one(parts: list[sums.Sums], first: int) -> Iterator[sums.Sums]:
    """Yields the sum of all parts, then of all parts but each, with codes counted from ``-first``.

    Nothing is subtracted: rounding would leave a remainder where there are no examples.
    """
    codes = np.concatenate([part.codes for part in parts])
    order = np.argsort(codes, kind="stable")
    codes = codes[order] + first
    values = np.concatenate([part.values for part in parts]).take(order, axis=0)
    part_of = np.repeat(np.arange(len(parts)), [part.codes.size for part in parts])[order]
    yield sums.Sums.of_sorted(codes, values)
    for number in range(len(parts)):
        kept = np.flatnonzero(part_of != number)
        yield sums.Sums.of_sorted(codes[kept], values.take(kept, axis=0))
