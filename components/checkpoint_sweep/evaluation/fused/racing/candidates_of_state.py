"""The part of a state that belongs to some of its models."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from checkpoint_sweep.evaluation.aggregate import sums
from checkpoint_sweep.evaluation.aggregate.state import MetricState
from checkpoint_sweep.evaluation.plan import plan as plan_lib


def select_models(
    state: MetricState,
    plan: plan_lib.Plan,
    models: int,
    numbers: Mapping[int, int],
    total: int,
    with_examples: bool = True,
) -> MetricState:
    """Selects the part of some models, and renumbers them.

    Args:
        state: State with one slice per row, without accumulators of TFMA.
        plan: Plan of the metrics in it.
        models: Number of models in it.
        numbers: New number of each selected model, by its number in the state.
        total: Number of models in the result.
        with_examples: Whether the examples are counted; of the parts of two states of the same
            examples, only one may count them.
    """
    new = np.full(models, -1, np.int64)
    for old, number in numbers.items():
        new[old] = number
    selected = {}
    for leaf, part in state.sums.items():
        vectorized = plan.leaves[leaf].vectorized
        assert vectorized is not None
        buckets = vectorized.buckets
        row, rest = np.divmod(part.codes, models * buckets)
        model, bucket = np.divmod(rest, buckets)
        kept = new[model] >= 0
        codes = (row[kept] * total + new[model[kept]]) * buckets + bucket[kept]
        order = np.argsort(codes)
        selected[leaf] = sums.Sums(codes[order], part.values[kept][order])
    non_finite = np.zeros(total, np.int64)
    for old, number in numbers.items():
        non_finite[number] = state.non_finite[old]
    outside = np.zeros((total, state.outside.shape[1]), np.int64)
    for old, number in numbers.items() if state.outside.size else ():
        outside[number] = state.outside[old]
    return dataclasses.replace(
        state,
        counts=state.counts if with_examples else np.zeros_like(state.counts),
        positives=state.positives if with_examples else np.zeros_like(state.positives),
        sums=selected,
        examples=state.examples if with_examples else 0,
        non_finite=non_finite,
        outside=outside,
        errors={numbers[m]: why for m, why in state.errors.items() if m in numbers},
    )
