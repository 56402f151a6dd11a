"""Sparse segment sums: the one accumulator that every vectorised leaf shares."""

import dataclasses
from collections.abc import Sequence

import numpy as np

# Parts are merged once they hold this many entries, or as many as the merged part: merging then
# costs an amortised constant number of sorts per entry, whatever the number of batches.
_PENDING_ENTRIES = 500_000


@dataclasses.dataclass
class Sums:
    """Sums of float64 vectors by integer code.

    Attributes:
        codes: (nnz,) int64, ascending and unique. A code is
            ``(row * models + model) * buckets + bucket``.
        values: (nnz, columns) float64.
    """

    codes: np.ndarray
    values: np.ndarray

    @classmethod
    def empty(cls, columns: int) -> "Sums":
        """The identity of ``merge``."""
        return cls(np.zeros(0, np.int64), np.zeros((0, columns)))

    @classmethod
    def of(cls, codes: np.ndarray, columns: Sequence[np.ndarray], size: int) -> "Sums":
        """Sums of ``columns``, each shaped like ``codes``, over equal codes below ``size``."""
        codes = np.ascontiguousarray(codes, np.int64).ravel()
        flat = [np.ascontiguousarray(column, np.float64).ravel() for column in columns]
        if not codes.size:
            return cls.empty(len(flat))
        if size <= 2 * codes.size + 1024:
            present = np.flatnonzero(np.bincount(codes, minlength=1))
            sums = [np.bincount(codes, weights=column)[present] for column in flat]
            return cls(present, np.stack(sums, axis=1))
        order = _order(codes, size)
        codes = codes[order]
        starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
        sums = [np.add.reduceat(column[order], starts) for column in flat]
        return cls(codes[starts], np.stack(sums, axis=1))

    @classmethod
    def merge(cls, parts: Sequence["Sums"]) -> "Sums":
        """The sum of several, which share their codes' meaning; ``parts`` is not empty."""
        if len(parts) == 1:
            return parts[0]
        codes = np.concatenate([part.codes for part in parts])
        values = np.concatenate([part.values for part in parts])
        return cls.of(codes, list(values.T), _unbounded(codes))

    def block(self, start: int, stop: int) -> "Sums":
        """The entries with ``start <= code < stop``, codes counted from ``start``."""
        first, last = np.searchsorted(self.codes, (start, stop))
        return Sums(self.codes[first:last] - start, self.values[first:last])

    def remap(self, stride: int, indptr: np.ndarray, targets: np.ndarray) -> "Sums":
        """Adds row ``r`` to each of the rows ``targets[indptr[r]:indptr[r + 1]]`` instead.

        Args:
            stride: codes per row.
            indptr: (rows + 1,) int64.
            targets: (indptr[-1],) int64.
        """
        rows = self.codes // stride
        repeats = np.diff(indptr)[rows]
        entry = np.repeat(np.arange(rows.size), repeats)
        within = np.arange(entry.size) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        codes = targets[indptr[rows][entry] + within] * stride + self.codes[entry] % stride
        return Sums.of(codes, list(self.values[entry].T), _unbounded(codes))

    def move(self, stride: int, targets: np.ndarray) -> "Sums":
        """Makes row ``r`` row ``targets[r]`` instead; nothing is added up.

        Args:
            stride: codes per row.
            targets: (rows,) int64, each row at most once.
        """
        if (targets == np.arange(targets.size)).all():
            return self
        starts = np.searchsorted(self.codes, np.arange(targets.size + 1) * stride)
        order = np.argsort(targets)
        entry = np.concatenate([np.arange(starts[row], starts[row + 1]) for row in order])
        shift = np.repeat((targets - np.arange(targets.size))[order], np.diff(starts)[order])
        return Sums(self.codes[entry] + shift * stride, self.values[entry])


class PendingSums:
    """A growing sum: parts are merged when enough of them wait."""

    def __init__(self, parts: Sequence[Sums]) -> None:
        self._parts = list(parts)

    def add(self, part: Sums) -> None:
        """Adds one part, whose codes have the meaning of those before."""
        self._parts.append(part)
        waiting = sum(part.codes.size for part in self._parts[1:])
        if waiting > max(_PENDING_ENTRIES, self._parts[0].codes.size):
            self.compact()

    def compact(self) -> Sums:
        """Merges all parts into one and returns it."""
        self._parts = [Sums.merge(self._parts)]
        return self._parts[0]


def _unbounded(codes: np.ndarray) -> int:
    """The least number that codes are below."""
    return int(codes.max(initial=-1)) + 1


def _order(codes: np.ndarray, size: int) -> np.ndarray:
    """The stable order of codes below ``size``.

    NumPy sorts integers of at most 16 bits by radix: two such passes take less than half the time
    of one sort by comparison.
    """
    if size > 1 << 32:
        return np.argsort(codes, kind="stable")
    low = np.argsort(codes.astype(np.uint16), kind="stable")
    high = (codes[low] >> 16).astype(np.uint16)
    return low[np.argsort(high, kind="stable")]
