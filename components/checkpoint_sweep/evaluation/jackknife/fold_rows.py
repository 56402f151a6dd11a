"""The rows of a batch by bucket of examples, on the slices where something is decided."""

import numpy as np
import pyarrow as pa

from checkpoint_sweep.evaluation.aggregate import slicing
from checkpoint_sweep.evaluation.aggregate.state import Row
from checkpoint_sweep.evaluation.jackknife import folds
from checkpoint_sweep.evaluation.plan.deciding_metrics import Wanted
from checkpoint_sweep.evaluation.tfma_internals import SliceKey


class BucketRows:
    """Divides rows by bucket.

    Args:
        wanted: says which slices are needed.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._known: dict[SliceKey, bool] = {}

    def rows(self, batch: pa.RecordBatch, rows: slicing.Rows) -> tuple[list[Row], slicing.Rows]:
        """The rows, each a bucket and a set of slices, and the examples that add to each.

        Args:
            batch: with its serialized examples.
            rows: its examples by set of slices.
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
        codes = target[kept] * folds.BUCKETS + folds.of_examples(batch)[example]
        distinct, row = np.unique(codes, return_inverse=True)
        labelled = [
            (int(code % folds.BUCKETS), slices[int(code // folds.BUCKETS)]) for code in distinct
        ]
        return labelled, slicing.Rows(slices, row.astype(np.int64), example)

    def _needed(self, key: SliceKey) -> bool:
        if key not in self._known:
            self._known[key] = self._wanted.applies(key)
        return self._known[key]
