"""The sums of all folds but one, for each fold."""

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
    totals: list[dict[int, sums.Sums]] = [{} for _ in range(number + 1)]
    for index, leaf in enumerate(plan.leaves):
        if leaf.vectorized is None or leaf.of_baseline != plan.is_baseline(model, models):
            continue
        first = model * leaf.vectorized.buckets
        by_fold = element.sums.get(index, {})
        nothing = empty_sums(leaf)
        parts = [
            by_fold.get(fold, nothing).block(first, first + leaf.vectorized.buckets)
            for fold in folds
        ]
        for sample, total in enumerate(_all_but_one(parts)):
            totals[sample][index] = sums.Sums(total.codes + first, total.values)
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
    for by_leaf, accumulated in zip(totals, fallback, strict=True):
        yield derive.Sample(by_leaf, accumulated)


def _all_but_one(parts: list[sums.Sums]) -> Iterator[sums.Sums]:
    """Yields the sum of all parts, then of all parts but each.

    Nothing is subtracted: rounding would leave a remainder where there are no examples.
    """
    codes = np.unique(np.concatenate([part.codes for part in parts]))
    values = np.zeros((len(parts), codes.size, parts[0].values.shape[1]))
    present = np.zeros((len(parts), codes.size), bool)
    for fold, part in enumerate(parts):
        position = np.searchsorted(codes, part.codes)
        values[fold, position] = part.values
        present[fold, position] = True
    before, after = _before(values), _before(values[::-1])[::-1]
    count = present.sum(axis=0)
    yield sums.Sums(codes, values.sum(axis=0))
    for fold in range(len(parts)):
        kept = count > present[fold]
        yield sums.Sums(codes[kept], (before[fold] + after[fold])[kept])


def _before(values: Array) -> Array:
    """Sums, for each part, the parts before it."""
    result = np.zeros_like(values)
    np.cumsum(values[:-1], axis=0, out=result[1:])
    return result
