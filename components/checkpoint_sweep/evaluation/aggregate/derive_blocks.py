"""TFMA's metrics of many slices and candidates at once, from their sums."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.aggregate import samples, sums
from checkpoint_sweep.evaluation.aggregate.slice_state import SliceState, empty_sums
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.combiners.rows import Columns, RowSums, to_rows


class BlockDerivation:
    """Derives the metrics of slices whose examples are all in arrays, without a baseline.

    Args:
        plan: Plan whose leaves all have a vectorized combiner.
        models: Number of models.
        keep_private: Whether a later step reads private metrics.
    """

    def __init__(self, plan: plan_lib.Plan, models: int, keep_private: bool) -> None:
        self._plan = plan
        self._models = models
        self._keep_private = keep_private

    @classmethod
    def takes(cls, plan: plan_lib.Plan, sampling: samples.Sampling) -> bool:
        """Tells whether it can derive the metrics of a plan."""
        return (
            sampling.method is samples.Method.NONE
            and plan.baseline_name is None
            and bool(plan.leaves)
            and all(leaf.vectorized is not None for leaf in plan.leaves)
        )

    def metrics(
        self, slices: Sequence[SliceState], rows: Sequence[tuple[int, int]]
    ) -> list[dict[Any, Any]]:
        """Derives metrics.

        Args:
            slices: Slices with the whole of their examples in arrays.
            rows: Number of a slice and number of a candidate.

        Returns:
            The metrics of each row.
        """
        if not rows:
            return []
        columns: Columns = {}
        for index, leaf in enumerate(self._plan.leaves):
            assert leaf.vectorized is not None
            parts = [
                one.sums.get(index, {}).get(samples.FULL) or empty_sums(leaf) for one in slices
            ]
            of_rows = self._rows(parts, leaf.vectorized.buckets, np.asarray(rows))
            columns.update(leaf.vectorized.columns_of(of_rows))
        for computation in self._plan.derived_columns:
            columns.update(computation(columns))
        if not self._keep_private:
            columns = {
                key: column
                for key, column in columns.items()
                if not tfma_internals.is_private_metrics(key)
            }
        return list(to_rows(columns)) or [{} for _ in rows]

    def _rows(self, parts: Sequence[sums.Sums], buckets: int, rows: np.ndarray) -> RowSums:
        """Selects the sums of rows from those of all models by slice."""
        stride = self._models * buckets
        sizes = [part.codes.size for part in parts]
        codes = np.concatenate([part.codes for part in parts])
        codes += np.repeat(np.arange(len(parts)) * stride, sizes)
        values = np.concatenate([part.values for part in parts])
        begin = (rows[:, 0] * self._models + rows[:, 1]) * buckets
        first, last = np.searchsorted(codes, begin), np.searchsorted(codes, begin + buckets)
        counts = last - first
        starts = np.concatenate(([0], np.cumsum(counts)))
        entries = np.arange(starts[-1]) + np.repeat(first - starts[:-1], counts)
        return RowSums(codes[entries] - np.repeat(begin, counts), values[entries], starts)
