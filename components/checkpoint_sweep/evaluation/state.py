"""What has been accumulated over any part of the data, and how two such parts merge."""

import dataclasses
from typing import Any

import numpy as np
from checkpoint_sweep.evaluation import plan as plan_lib
from checkpoint_sweep.evaluation import slicing, sums

# A row is a sample (a jackknife bucket or bootstrap replicate, 0 without intervals) and a set of
# slices.
Row = tuple[int, tuple[slicing.SliceKey, ...]]
# TFMA's accumulators by leaf, and in it by model, sample and slice.
Fallback = dict[int, dict[tuple[int, int, slicing.SliceKey], Any]]

_ROWS_PER_SLICE = 8


@dataclasses.dataclass
class State:
    """Accumulators of all leaves, models, samples and slices.

    Attributes:
        rows: the rows that codes refer to.
        counts: (rows,) int64, examples per row.
        sums: by leaf. Codes are ``(row * models + model) * buckets + bucket``.
        fallback: TFMA's own accumulators, of leaves and examples that have no array form.
    """

    rows: list[Row]
    counts: np.ndarray
    sums: dict[int, sums.Sums]
    fallback: Fallback

    def flatten(self, strides: dict[int, int]) -> "State":
        """The same with one slice per row.

        Args:
            strides: codes per row, by leaf.
        """
        flat: dict[Row, int] = {}
        targets = [
            flat.setdefault((sample, (key,)), len(flat))
            for sample, keys in self.rows
            for key in keys
        ]
        target = np.array(targets, np.int64)
        indptr = np.concatenate(([0], np.cumsum([len(keys) for _, keys in self.rows])))
        indptr = indptr.astype(np.int64)
        counts = np.zeros(len(flat), np.int64)
        np.add.at(counts, target, np.repeat(self.counts, np.diff(indptr)))
        remapped = {
            leaf: part.remap(strides[leaf], indptr, target) for leaf, part in self.sums.items()
        }
        return State(list(flat), counts, remapped, self.fallback)


class Accumulator:
    """A state that others can be merged into. Picklable; constant size once all rows are seen.

    Args:
        strides: codes per row, by leaf.
    """

    def __init__(self, strides: dict[int, int]) -> None:
        self._strides = strides
        self._rows: dict[Row, int] = {}
        self._counts = np.zeros(0, np.int64)
        self._sums: dict[int, sums.PendingSums] = {}
        self.fallback: Fallback = {}

    def add(self, state: State, plan: "plan_lib.Plan") -> None:
        """Merges ``state`` into this one; ``state`` must not be used afterwards."""
        index = np.array(
            [self._rows.setdefault(row, len(self._rows)) for row in state.rows], np.int64
        )
        self._counts = np.pad(self._counts, (0, len(self._rows) - self._counts.size))
        np.add.at(self._counts, index, state.counts)
        # Two combinations of feature values may be the same set of slices.
        distinct = np.unique(index).size == index.size
        for leaf, part in state.sums.items():
            stride = self._strides[leaf]
            if distinct:
                part = part.move(stride, index)
            else:
                part = part.remap(stride, np.arange(index.size + 1), index)
            if leaf in self._sums:
                self._sums[leaf].add(part)
            else:
                self._sums[leaf] = sums.PendingSums([part])
        for leaf, accumulators in state.fallback.items():
            mine = self.fallback.setdefault(leaf, {})
            merge = plan.leaves[leaf].combine.merge_accumulators
            for key, accumulator in accumulators.items():
                mine[key] = merge([mine[key], accumulator]) if key in mine else accumulator
        single = len({(sample, key) for sample, keys in self._rows for key in keys})
        if len(self._rows) > _ROWS_PER_SLICE * single + 64:
            self._replace(self.state().flatten(self._strides))

    def state(self) -> State:
        """Everything merged so far."""
        merged = {leaf: pending.compact() for leaf, pending in self._sums.items()}
        return State(list(self._rows), self._counts, merged, self.fallback)

    def _replace(self, state: State) -> None:
        self._rows = {row: i for i, row in enumerate(state.rows)}
        self._counts = state.counts
        self._sums = {leaf: sums.PendingSums([part]) for leaf, part in state.sums.items()}
