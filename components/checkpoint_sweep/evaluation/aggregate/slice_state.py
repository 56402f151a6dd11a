"""The parts of a merged state that belong to one slice."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.aggregate import slicing, sums
from checkpoint_sweep.evaluation.aggregate.state import MetricState
from checkpoint_sweep.evaluation.aggregate.unmeasured import Unmeasured
from checkpoint_sweep.evaluation.plan import plan as plan_lib


@dataclasses.dataclass
class SliceState(Unmeasured):
    """The part of a state that belongs to one slice.

    Attributes:
        key: Key of the slice.
        counts: Examples by sample.
        positives: Examples with the label 1, over all samples; NaN where labels are not 0 and 1.
        sums: Sums by leaf and sample. Codes are ``model * buckets + bucket``.
        fallback: TFMA's accumulators by leaf, and in it by model and sample.
        failed: Models that TFMA cannot evaluate, whose sums and accumulators are not complete.
        candidates: Numbers of the candidates whose sums these are, beside the baseline's.
    """

    key: tfma_internals.SliceKey
    counts: dict[int, int]
    positives: float
    sums: dict[int, dict[int, sums.Sums]]
    fallback: dict[int, dict[tuple[int, int], Any]]
    failed: frozenset[int]
    candidates: range


def split_by_slice(
    whole: MetricState, strides: dict[int, int], candidates: range
) -> Iterator[SliceState]:
    """Divides a state with one slice per row.

    Args:
        whole: State to divide.
        strides: Codes per row, by leaf.
        candidates: Numbers of the candidates whose sums are in it.
    """
    failed = frozenset(whole.errors)
    rows_of: dict[tfma_internals.SliceKey, list[int]] = {}
    for row, (_, (key,)) in enumerate(whole.rows):
        rows_of.setdefault(key, []).append(row)
    fallback: dict[tfma_internals.SliceKey, dict[int, dict[tuple[int, int], Any]]] = {}
    for leaf, accumulators in whole.fallback.items():
        for (model, sample, key), accumulator in accumulators.items():
            fallback.setdefault(key, {}).setdefault(leaf, {})[model, sample] = accumulator
    bounds = {
        leaf: np.searchsorted(total.codes, np.arange(len(whole.rows) + 1) * strides[leaf]).tolist()
        for leaf, total in whole.sums.items()
    }
    counts, positives = whole.counts.tolist(), whole.positives.tolist()
    for key, rows in rows_of.items():
        samples = [whole.rows[row][0] for row in rows]
        found = {
            leaf: {
                sample: _between(total, bounds[leaf], row, strides[leaf])
                for sample, row in zip(samples, rows, strict=True)
            }
            for leaf, total in whole.sums.items()
        }
        yield SliceState(
            slicing.with_plain_nan(key),
            {sample: counts[row] for sample, row in zip(samples, rows, strict=True)},
            float(sum(positives[row] for row in rows)),
            found,
            fallback.get(key, {}),
            failed,
            candidates,
        )


def _between(total: sums.Sums, bounds: list[int], row: int, stride: int) -> sums.Sums:
    """Returns the sums of a row, whose entries begin at its bound."""
    first, last = bounds[row], bounds[row + 1]
    return sums.Sums(total.codes[first:last] - row * stride, total.values[first:last])


def empty_sums(leaf: plan_lib.Leaf) -> sums.Sums:
    """Returns the sums of a leaf that no example has reached."""
    assert leaf.vectorized is not None
    return sums.Sums.empty(leaf.vectorized.columns)
