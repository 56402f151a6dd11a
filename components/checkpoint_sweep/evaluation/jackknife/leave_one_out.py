"""The sums of all folds but one, for each fold."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from checkpoint_sweep.evaluation.aggregate import derive, sums
from checkpoint_sweep.evaluation.aggregate.slice_state import SliceState, empty_sums
from checkpoint_sweep.evaluation.plan import plan as plan_lib


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
        first = model * leaf.vectorized.buckets
        by_fold = element.sums.get(index, {})
        nothing = empty_sums(leaf)
        parts = [
            by_fold.get(fold, nothing).block(first, first + leaf.vectorized.buckets)
            for fold in folds
        ]
        by_leaf[index] = _all_but_one(parts, first)
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
