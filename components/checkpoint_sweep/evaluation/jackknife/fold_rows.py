"""The rows of a batch by fold of the examples, on the slices of the tracked metrics."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from checkpoint_sweep.evaluation.aggregate import slicing
from checkpoint_sweep.evaluation.aggregate.state import Row
from checkpoint_sweep.evaluation.jackknife import folds
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.evaluation.tfma_internals import SliceKey


class FoldRows:
    """Divides rows by fold.

    Args:
        tracked_metrics: Metrics whose slices are needed.
    """

    def __init__(self, tracked_metrics: UncertaintySpec) -> None:
        self._tracked_metrics = tracked_metrics
        self._known: dict[SliceKey, bool] = {}

    def rows(self, batch: pa.RecordBatch, rows: slicing.Rows) -> tuple[list[Row], slicing.Rows]:
        """Divides a batch's rows: gives rows of a fold and a set of slices, and their examples.

        Args:
            batch: Batch with its serialized examples.
            rows: Examples of the batch by set of slices.
        """
        sets: dict[tuple[SliceKey, ...], int] = {}
        number = np.full(len(rows.slices), -1, np.int64)
        for row, keys in enumerate(rows.slices):
            if needed := tuple(key for key in keys if self._needed(key)):
                number[row] = sets.setdefault(needed, len(sets))
        slices = list(sets)
        target = number[rows.row]
        kept = target >= 0
        example = rows.example[kept]
        codes = target[kept] * folds.FOLDS + self._folds(batch)[example]
        distinct, row = np.unique(codes, return_inverse=True)
        labelled = [
            (int(code % folds.FOLDS), slices[int(code // folds.FOLDS)]) for code in distinct
        ]
        return labelled, slicing.Rows(slices, row.astype(np.int64), example)

    def _folds(self, batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
        return folds.of_examples(batch, self._tracked_metrics.cluster_key)

    def _needed(self, key: SliceKey) -> bool:
        if key not in self._known:
            self._known[key] = self._tracked_metrics.applies(key)
        return self._known[key]
