"""Sums that grow in place: batches are added without sorting."""

import numpy as np
import numpy.typing as npt

from checkpoint_sweep.evaluation.aggregate import sums
from checkpoint_sweep.evaluation.aggregate.entries import Entries

# Largest number of codes to keep a place for, of four bytes each.
_MOST_PLACES = 1 << 26
_LEAST_CELLS = 1 << 12


class GrowingSums:
    """Sums by code, to which entries are added.

    Each code that an entry had has a cell in the arrays of sums, and all codes have the number of
    their cell: adding is a look-up and an addition in place. Where there are more codes than
    ``_MOST_PLACES``, as with thousands of slices, entries are sorted instead.

    Args:
        columns: Number of columns.
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._cell = np.zeros(0, np.int32)
        # The first cell is that of no code.
        self._used = 1
        self._values = [np.zeros(1) for _ in range(columns)]
        self._sorted: sums.PendingSums | None = None

    def add(self, entries: Entries) -> None:
        """Adds entries, whose codes have the meaning of those before."""
        if self._sorted is None and entries.size > _MOST_PLACES:
            self._sorted = sums.PendingSums([self._taken()])
        if self._sorted is not None:
            self._sorted.add(sums.Sums.of(entries.codes, entries.columns, entries.size))
            return
        codes, columns = entries.codes, entries.columns
        if sums.is_dense(codes, entries.size):
            part = sums.Sums.of(codes, columns, entries.size)
            codes, columns = part.codes, list(part.values.T)
        cells = self._cells(codes, entries.size)
        for values, column in zip(self._values, columns, strict=True):
            np.add.at(values, cells, column)

    def take(self) -> sums.Sums:
        """Returns the sums; there are none afterwards."""
        if self._sorted is not None:
            found, self._sorted = self._sorted.compact(), None
            return found
        return self._taken()

    def _cells(self, codes: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.intp]:
        """Looks up the cells of codes, and makes those that are not there."""
        if size > self._cell.size:
            grown = np.zeros(min(max(size, 2 * self._cell.size), _MOST_PLACES), np.int32)
            grown[: self._cell.size] = self._cell
            self._cell = grown
        cells = self._cell.take(codes)
        unknown = codes[cells == 0]
        if not unknown.size:
            return cells.astype(np.intp)
        # Each number stays at one of the codes that are equal.
        number = np.arange(unknown.size, dtype=np.int32)
        self._cell[unknown] = number
        first = unknown[self._cell.take(unknown) == number]
        self._cell[first] = np.arange(self._used, self._used + first.size, dtype=np.int32)
        self._used += first.size
        if self._used > self._values[0].size:
            room = max(self._used, 2 * self._values[0].size, _LEAST_CELLS)
            for index, values in enumerate(self._values):
                self._values[index] = np.zeros(room)
                self._values[index][: values.size] = values
        return self._cell.take(codes).astype(np.intp)

    def _taken(self) -> sums.Sums:
        codes = np.flatnonzero(self._cell)
        cells = self._cell[codes]
        self._cell = np.zeros(0, np.int32)
        self._used = 1
        result = np.empty((codes.size, self._columns))
        for index, values in enumerate(self._values):
            result[:, index] = values[cells]
            self._values[index] = np.zeros(1)
        return sums.Sums(codes, result)
