"""Shares of the examples: each as good a sample of all as any other, with all folds in it."""

from collections.abc import Collection, Iterator

import apache_beam as beam
import numpy as np
import pyarrow as pa

from checkpoint_sweep.evaluation.jackknife import folds

SHARES = 16
# The shares that each stage adds: together an eighth, a quarter, a half, and all of the examples.
STAGES = (range(2), range(2, 4), range(4, 8), range(8, 16))


class TakeShares(beam.DoFn):
    """Keeps the examples of some shares of each RecordBatch.

    Args:
        shares: Numbers below `SHARES`.
        cluster_key: Feature whose examples of one value are in one share; None for none.
    """

    def __init__(self, shares: Collection[int], cluster_key: str | None = None) -> None:
        self._shares = np.array(sorted(shares))
        self._cluster_key = cluster_key

    def process(self, element: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Yields one batch; nothing if no example of it is in the shares."""
        chosen = np.isin(folds.shares_of(element, SHARES, self._cluster_key), self._shares)
        if chosen.any():
            yield element.filter(pa.array(chosen))
