"""The sums of all buckets but one, for each bucket."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from checkpoint_sweep.evaluation.aggregate import derive, sums
from checkpoint_sweep.evaluation.aggregate.state import SliceState, empty_sums
from checkpoint_sweep.evaluation.plan import plan as plan_lib

Array = npt.NDArray[Any]


def samples(
    element: SliceState, plan: plan_lib.Plan, model: int, models: int, buckets: list[int]
) -> Iterator[derive.Sample]:
    """All of the data, then all but each bucket: what one model and the baseline add up to.

    Args:
        element: the sums of one slice, whose samples are buckets.
        plan: of the metrics.
        model: the model.
        models: number of models, the baseline included.
        buckets: those that have examples.
    """
    number = len(buckets)
    totals: list[dict[int, sums.Sums]] = [{} for _ in range(number + 1)]
    for index, leaf in enumerate(plan.leaves):
        if leaf.vectorized is None or leaf.of_baseline != plan.is_baseline(model, models):
            continue
        first = model * leaf.vectorized.buckets
        by_bucket = element.sums.get(index, {})
        nothing = empty_sums(leaf)
        parts = [
            by_bucket.get(bucket, nothing).block(first, first + leaf.vectorized.buckets)
            for bucket in buckets
        ]
        for place, total in enumerate(_all_but_one(parts)):
            totals[place][index] = sums.Sums(total.codes + first, total.values)
    fallback: list[dict[int, dict[int, Any]]] = [{} for _ in range(number + 1)]
    for index, accumulators in element.fallback.items():
        combine = plan.leaves[index].combine
        mine = [accumulators.get((model, bucket)) for bucket in buckets]
        if all(accumulator is None for accumulator in mine):
            continue
        for place in range(number + 1):
            kept = [a for i, a in enumerate(mine) if a is not None and i != place - 1]
            if kept:
                merged = combine.merge_accumulators(copy.deepcopy(kept))
                fallback[place][index] = {model: merged}
    for by_leaf, accumulated in zip(totals, fallback, strict=True):
        yield derive.Sample(by_leaf, accumulated)


def _all_but_one(parts: list[sums.Sums]) -> Iterator[sums.Sums]:
    """The sum of all, then of all but each.

    Nothing is subtracted, which would leave what rounding leaves where nothing is.
    """
    codes = np.unique(np.concatenate([part.codes for part in parts]))
    values = np.zeros((len(parts), codes.size, parts[0].values.shape[1]))
    present = np.zeros((len(parts), codes.size), bool)
    for bucket, part in enumerate(parts):
        place = np.searchsorted(codes, part.codes)
        values[bucket, place] = part.values
        present[bucket, place] = True
    before, after = _before(values), _before(values[::-1])[::-1]
    count = present.sum(axis=0)
    yield sums.Sums(codes, values.sum(axis=0))
    for bucket in range(len(parts)):
        kept = count > present[bucket]
        yield sums.Sums(codes[kept], (before[bucket] + after[bucket])[kept])


def _before(values: Array) -> Array:
    """The sums of those before each."""
    result = np.zeros_like(values)
    np.cumsum(values[:-1], axis=0, out=result[1:])
    return result
