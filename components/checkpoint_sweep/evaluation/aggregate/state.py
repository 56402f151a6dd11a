"""States: sums and accumulators of batches, merged in any order."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.aggregate import sums
from checkpoint_sweep.evaluation.aggregate.pending_sums import PendingSums
from checkpoint_sweep.evaluation.aggregate.unmeasured import Unmeasured
from checkpoint_sweep.evaluation.plan import plan as plan_lib

# A row is a sample (a jackknife fold or bootstrap replicate, 0 without intervals) and a set of
# slices.
Row = tuple[int, tuple[tfma_internals.SliceKey, ...]]
# Number of a model, number of a sample, and a slice.
AccumulatorKey = tuple[int, int, tfma_internals.SliceKey]
# TFMA's accumulators by leaf, and in it by key.
Fallback = dict[int, dict[AccumulatorKey, Any]]

# With more rows than this per slice, sets of slices save nothing: the accumulator is flattened.
_ROWS_PER_SLICE = 8
_FEW_ROWS = 64
# Rows are looked at again when there are so many times as many.
_GROWTH = 1.25


@dataclasses.dataclass
class MetricState(Unmeasured):
    """Accumulators of all leaves, models, samples and slices.

    Attributes:
        rows: Rows that codes refer to.
        counts: (rows,) int64, examples per row.
        sums: Sums by leaf. Codes are ``(row * models + model) * buckets + bucket``.
        fallback: TFMA's own accumulators, of leaves and examples that do not fit arrays.
        examples: Number of examples, in whatever slices.
        non_finite: (models,) int64, examples whose predictions are not all finite.
        errors: Combiner that failed on a model's NaN or infinite predictions, by model.
        positives: (rows,) float64, examples with the label 1; NaN where labels are not 0 and 1.
        outside: (models, outputs) int64, examples with predictions outside of [0, 1], for outputs
            with metrics that need probabilities; without elements where they are not counted.
        origin: Number of the examples, by which states of others are told apart: the same when the
            state is made again, whatever the predictions.
    """

    rows: list[Row]
    counts: np.ndarray
    sums: dict[int, sums.Sums]
    fallback: Fallback
    examples: int
    non_finite: np.ndarray
    errors: dict[int, str]
    positives: np.ndarray
    outside: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 0), np.int64))
    origin: int = 0

    def only_sums(self) -> "MetricState":
        """Makes a state that adds only sums, of the same rows."""
        return dataclasses.replace(
            self,
            counts=np.zeros_like(self.counts),
            fallback={},
            examples=0,
            non_finite=np.zeros_like(self.non_finite),
            errors={},
            positives=np.zeros_like(self.positives),
            outside=np.zeros_like(self.outside),
        )

    def is_nothing(self) -> bool:
        """Tells whether the state adds nothing to another of the same examples."""
        numbers = (self.counts, self.non_finite, self.outside)
        added = self.examples or self.errors or any(array.any() for array in numbers)
        added = added or any(self.fallback.values())
        return not (added or any(total.codes.size for total in self.sums.values()))

    def flatten(self, strides: dict[int, int]) -> "MetricState":
        """Makes a state with one slice per row; this one has no sums afterwards, to save memory.

        Args:
            strides: Codes per row, by leaf.
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
        positives = np.zeros(len(flat))
        np.add.at(positives, target, np.repeat(self.positives, np.diff(indptr)))
        remapped = {}
        for leaf in list(self.sums):
            remapped[leaf] = self.sums.pop(leaf).remap(strides[leaf], indptr, target)
        return dataclasses.replace(
            self, rows=list(flat), counts=counts, sums=remapped, positives=positives
        )


@dataclasses.dataclass(frozen=True)
class FoldState(Unmeasured):
    """A state by fold of the examples, which is merged apart from the others.

    Attributes:
        state: State whose samples are folds, of the leaves of the tracked metrics.
    """

    state: MetricState


class StateAccumulator:
    """A state that others can be merged into. Picklable; constant size once all rows are seen.

    Args:
        strides: Codes per row, by leaf.
    """

    def __init__(self, strides: dict[int, int]) -> None:
        self._strides = strides
        self._rows: dict[Row, int] = {}
        self._counts = np.zeros(0, np.int64)
        self._positives = np.zeros(0)
        self._sums: dict[int, PendingSums] = {}
        self._examples = 0
        self._non_finite: np.ndarray | int = 0
        self._outside = np.zeros((0, 0), np.int64)
        self._errors: dict[int, str] = {}
        self._rows_seen = 0
        self.fallback: Fallback = {}

    def add(self, state: MetricState, plan: plan_lib.Plan) -> None:
        """Merges ``state`` into this one; ``state`` must not be used afterwards."""
        self.merge(state, plan)
        if self.is_crowded():
            self._replace(self.flattened())

    def numbers(self, rows: Sequence[Row]) -> npt.NDArray[np.int64]:
        """Numbers rows, (rows,): those that are new come behind the others."""
        return np.array([self._rows.setdefault(row, len(self._rows)) for row in rows], np.int64)

    def merge(self, state: MetricState, plan: plan_lib.Plan) -> None:
        """Merges ``state`` into this one, whose rows keep their numbers."""
        index = self.numbers(state.rows)
        self._counts = np.pad(self._counts, (0, len(self._rows) - self._counts.size))
        np.add.at(self._counts, index, state.counts)
        self._positives = np.pad(self._positives, (0, len(self._rows) - self._positives.size))
        np.add.at(self._positives, index, state.positives)
        self._examples += state.examples
        self._non_finite = self._non_finite + state.non_finite
        if state.outside.size:
            self._outside = self._outside + state.outside if self._outside.size else state.outside
        self._errors = {**state.errors, **self._errors}
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
                self._sums[leaf] = PendingSums([part])
        for leaf, accumulators in state.fallback.items():
            mine = self.fallback.setdefault(leaf, {})
            merge = plan.leaves[leaf].combine.merge_accumulators
            for key, accumulator in accumulators.items():
                mine[key] = merge([mine[key], accumulator]) if key in mine else accumulator

    def is_crowded(self) -> bool:
        """Tells whether sets of slices save nothing any more."""
        # Going through all rows after each batch would take longer the more slices there are.
        if len(self._rows) <= max(_FEW_ROWS, _GROWTH * self._rows_seen):
            return False
        single = len({(sample, key) for sample, keys in self._rows for key in keys})
        if len(self._rows) > _ROWS_PER_SLICE * single + _FEW_ROWS:
            return True
        self._rows_seen = len(self._rows)
        return False

    def pack(self) -> None:
        """Holds the sums in half the memory, until others are merged with them."""
        for pending in self._sums.values():
            pending.pack()

    def state(self) -> MetricState:
        """Returns everything merged so far."""
        merged = {leaf: pending.compact() for leaf, pending in self._sums.items()}
        return MetricState(
            list(self._rows),
            self._counts,
            merged,
            self.fallback,
            self._examples,
            np.asarray(self._non_finite),
            dict(self._errors),
            self._positives,
            self._outside,
        )

    def flattened(self) -> MetricState:
        """Returns the merged state, one slice per row; this one has no sums afterwards."""
        state = self.state()
        self._sums = {}
        return state.flatten(self._strides)

    def _replace(self, state: MetricState) -> None:
        self._rows = {row: i for i, row in enumerate(state.rows)}
        self._rows_seen = 0
        self._counts, self._positives = state.counts, state.positives
        self._sums = {leaf: PendingSums([part]) for leaf, part in state.sums.items()}
