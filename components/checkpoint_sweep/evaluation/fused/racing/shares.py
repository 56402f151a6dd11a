"""Shares of the examples: each as good a sample of all as any other, with all folds in it."""

import dataclasses
from collections.abc import Collection, Iterator

import apache_beam as beam
import numpy as np
import pyarrow as pa

from checkpoint_sweep.evaluation.inputs.parts import UnreadParts
from checkpoint_sweep.evaluation.jackknife import folds

SHARES = 16
# The shares that each stage adds: together an eighth, a quarter, a half, and all of the examples.
STAGES = (range(2), range(2, 4), range(4, 8), range(8, 16))


class TakeShares(beam.DoFn):
    """Keeps the examples of some shares of each RecordBatch, those of unread parts too.

    Args:
        shares: Numbers below `SHARES`.
        cluster_key: Feature whose examples of one value are in one share; None for none.
    """

    def __init__(self, shares: Collection[int], cluster_key: str | None = None) -> None:
        self._shares = np.array(sorted(shares))
        self._cluster_key = cluster_key

    def process(
        self, element: pa.RecordBatch | UnreadParts
    ) -> Iterator[pa.RecordBatch | UnreadParts]:
        """Yields one element; nothing if no example of a RecordBatch is in the shares."""
        if isinstance(element, UnreadParts):
            yield dataclasses.replace(element, kept=self._taken)
        elif (taken := self._taken(element)).num_rows:
            yield taken

    def _taken(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        chosen = np.isin(folds.shares_of(batch, SHARES, self._cluster_key), self._shares)
        return batch.filter(pa.array(chosen))
