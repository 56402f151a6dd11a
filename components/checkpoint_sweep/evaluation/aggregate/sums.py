"""Sparse segment sums: the one accumulator that every vectorised leaf shares."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

# Entries below which there is nothing to save by packing.
LEAST_TO_PACK = 64
# Largest number of entries to add to other rows at once.
_ENTRIES_AT_ONCE = 2_000_000


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

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the sums in half the bytes, if they are not few: packing takes longer then."""
        if self.codes.size < LEAST_TO_PACK:
            return Sums, (self.codes, self.values)
        return Sums.unpacked, self.packed()

    def packed(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """Packs the sums into half the bytes, as small integers where these are exact.

        Returns:
            Steps from code to code, (nnz,), and the columns, each (nnz,).
        """
        steps = np.diff(self.codes, prepend=0)
        return _packed(steps), [_packed(column) for column in self.values.T]

    @classmethod
    def unpacked(cls, steps: np.ndarray, columns: Sequence[np.ndarray]) -> "Sums":
        """Makes the sums of what ``packed`` gave."""
        values = np.empty((steps.size, len(columns)))
        for index, column in enumerate(columns):
            values[:, index] = column
        return cls(np.cumsum(steps, dtype=np.int64), values)

    @classmethod
    def empty(cls, columns: int) -> "Sums":
        """Returns no sums, the identity of ``merge``."""
        return cls(np.zeros(0, np.int64), np.zeros((0, columns)))

    @classmethod
    def of(cls, codes: np.ndarray, columns: Sequence[np.ndarray], size: int) -> "Sums":
        """Sums ``columns``, each shaped like ``codes``, over equal codes below ``size``."""
        codes = np.ascontiguousarray(codes, np.int64).ravel()
        flat = [np.ascontiguousarray(column, np.float64).ravel() for column in columns]
        if not codes.size:
            return cls.empty(len(flat))
        if is_dense(codes, size):
            present = np.flatnonzero(np.bincount(codes, minlength=1))
            sums = [np.bincount(codes, weights=column)[present] for column in flat]
            return cls(present, np.stack(sums, axis=1))
        by_code = order(codes, size)
        codes = codes[by_code]
        starts = _starts(codes)
        sums = [np.add.reduceat(column[by_code], starts) for column in flat]
        return cls(codes[starts], np.stack(sums, axis=1))

    @classmethod
    def merge(cls, parts: Sequence["Sums"]) -> "Sums":
        """Adds up several sums, at least one, whose codes have the same meaning."""
        if len(parts) == 1:
            return parts[0]
        codes = np.concatenate([part.codes for part in parts])
        return cls._of_rows(codes, np.concatenate([part.values for part in parts]))

    @classmethod
    def _of_rows(cls, codes: np.ndarray, values: np.ndarray) -> "Sums":
        """Sums the rows of ``values`` over equal codes."""
        size = _unbounded(codes)
        if is_dense(codes, size) or not codes.size:
            return cls.of(codes, list(values.T), size)
        by_code = order(codes, size)
        # By `take`: indexing of rows is five times slower.
        return cls.of_sorted(codes[by_code], values.take(by_code, axis=0))

    @classmethod
    def of_sorted(cls, codes: np.ndarray, values: np.ndarray) -> "Sums":
        """Sums the rows of ``values`` over equal codes, which are ascending."""
        if not codes.size:
            return cls(codes, values)
        starts = _starts(codes)
        return cls(codes[starts], np.add.reduceat(values, starts))

    def insert(self, other: "Sums") -> "Sums":
        """Adds smaller sums to these, which may be changed.

        Of large sums it takes less memory than ``merge``.
        """
        if not self.codes.size:
            return other
        place = _Place.of(self.codes, other.codes)
        if place.is_new.any():
            return self._with_room(self.codes, list(self.values.T), other, place)
        self.values[place.position] += other.values
        return self

    @classmethod
    def inserted(cls, packed: tuple[np.ndarray, Sequence[np.ndarray]], other: "Sums") -> "Sums":
        """Unpacks sums and adds smaller ones to them, as ``insert`` of ``unpacked`` does.

        It takes less memory: nothing is unpacked that is copied to make room.

        Args:
            packed: What ``packed`` gave.
            other: Sums to add.
        """
        steps, columns = packed
        codes = np.cumsum(steps, dtype=np.int64)
        return cls._with_room(codes, columns, other, _Place.of(codes, other.codes))

    @classmethod
    def _with_room(
        cls, codes: np.ndarray, columns: Sequence[np.ndarray], other: "Sums", place: "_Place"
    ) -> "Sums":
        """Adds other sums to those of ``codes``, in new arrays."""
        is_old = np.ones(codes.size + np.count_nonzero(place.is_new), bool)
        is_old[place.after[place.is_new]] = False
        values = np.zeros((is_old.size, len(columns)))
        for index, column in enumerate(columns):
            values[is_old, index] = column
        values[place.after] += other.values
        result = np.empty(is_old.size, np.int64)
        result[is_old] = codes
        result[place.after] = other.codes
        return cls(result, values)

    def block(self, start: int, stop: int) -> "Sums":
        """Returns the entries with ``start <= code < stop``, codes counted from ``start``."""
        first, last = np.searchsorted(self.codes, (start, stop))
        return Sums(self.codes[first:last] - start, self.values[first:last])

    def remap(self, stride: int, indptr: np.ndarray, targets: np.ndarray) -> "Sums":
        """Adds row ``r`` to each of the rows ``targets[indptr[r]:indptr[r + 1]]`` instead.

        Adds some targets at a time: all entries together, once for each target, can be many times
        as large as the result.

        Args:
            stride: Codes per row.
            indptr: Positions where the targets of each row begin and end, (rows + 1,) int64.
            targets: New rows, (indptr[-1],) int64.
        """
        starts = np.searchsorted(self.codes, np.arange(indptr.size) * stride)
        order = np.argsort(targets, kind="stable")
        rows = np.repeat(np.arange(indptr.size - 1), np.diff(indptr))[order]
        targets = targets[order]
        ends = np.cumsum(np.diff(starts)[rows])
        parts: list[Sums] = []
        first = 0
        while first < rows.size:
            before = ends[first - 1] if first else 0
            last = max(first + 1, int(np.searchsorted(ends, before + _ENTRIES_AT_ONCE, "right")))
            part = self._of_row_pairs(stride, starts, rows[first:last], targets[first:last])
            if first and targets[first] == targets[first - 1]:
                part = parts.pop().insert(part)
            parts.append(part)
            first = last
        if len(parts) == 1:
            return parts[0]
        return Sums(
            np.concatenate([self.codes[:0], *(part.codes for part in parts)]),
            np.concatenate([self.values[:0], *(part.values for part in parts)]),
        )

    def _of_row_pairs(
        self, stride: int, starts: np.ndarray, rows: np.ndarray, targets: np.ndarray
    ) -> "Sums":
        """Adds each row ``rows[i]``, whose entries begin at its start, to row ``targets[i]``."""
        sizes = starts[rows + 1] - starts[rows]
        shift = starts[rows] - (np.cumsum(sizes) - sizes)
        entry = np.arange(int(sizes.sum())) + np.repeat(shift, sizes)
        codes = self.codes[entry] + np.repeat((targets - rows) * stride, sizes)
        values = self.values.take(entry, axis=0)
        if (np.diff(targets) > 0).all():  # Nothing is added up, and codes ascend as they are.
            return Sums(codes, values)
        return Sums._of_rows(codes, values)

    def move(self, stride: int, targets: np.ndarray) -> "Sums":
        """Makes row ``r`` row ``targets[r]`` instead; nothing is added up.

        Args:
            stride: Codes per row.
            targets: New row of each row, (rows,) int64, none of them twice.
        """
        if (targets == np.arange(targets.size)).all():
            return self
        starts = np.searchsorted(self.codes, np.arange(targets.size + 1) * stride)
        order = np.argsort(targets)
        entry = np.concatenate([np.arange(starts[row], starts[row + 1]) for row in order])
        shift = np.repeat((targets - np.arange(targets.size))[order], np.diff(starts)[order])
        return Sums(self.codes[entry] + shift * stride, self.values.take(entry, axis=0))


class _Place(NamedTuple):
    """Where codes are among others.

    Attributes:
        position: Place of each code before others are made room for, (codes,) int64.
        is_new: Whether the others do not have it, (codes,) bool.
        after: Place of each code afterwards, (codes,) int64.
    """

    position: np.ndarray
    is_new: np.ndarray
    after: np.ndarray

    @classmethod
    def of(cls, known: np.ndarray, codes: np.ndarray) -> "_Place":
        """Finds codes, (n,), among those that are known; both are ascending."""
        position = np.searchsorted(known, codes)
        is_new = np.ones(codes.size, bool)
        if known.size:
            is_new = known.take(position, mode="clip") != codes
        return cls(position, is_new, position + np.cumsum(is_new) - is_new)


def _packed(values: np.ndarray) -> np.ndarray:
    """Packs natural numbers, as example weights often are, into fewer bytes; copies others."""
    few = values[:LEAST_TO_PACK]
    if (few != np.floor(few)).any():
        return values.copy()
    # NaN fails both comparisons.
    if not (values.size and values.min() >= 0 and values.max() < 1 << 32):
        return values.copy()
    small = values.astype(np.min_scalar_type(int(values.max())))
    same = bool((small == values).all()) and not np.signbit(values).any()
    return small if same else values.copy()


def is_dense(codes: np.ndarray, size: int) -> bool:
    """Tells whether an array of all codes below ``size`` wastes no memory."""
    return size <= 2 * codes.size + 1024


def _starts(codes: np.ndarray) -> np.ndarray:
    """Finds where each code begins among ascending codes."""
    return np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))


def _unbounded(codes: np.ndarray) -> int:
    """Returns the least number that all codes are below."""
    return int(codes.max(initial=-1)) + 1


def order(codes: np.ndarray, size: int) -> np.ndarray:
    """Sorts codes below ``size`` stably, and gives their order.

    NumPy sorts integers of at most 16 bits by radix: two such passes take less than half the time
    of one sort by comparison.
    """
    if size > 1 << 32:
        return np.argsort(codes, kind="stable")
    low = np.argsort(codes.astype(np.uint16), kind="stable")
    high = (codes[low] >> 16).astype(np.uint16)
    return low[np.argsort(high, kind="stable")]
