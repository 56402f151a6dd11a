"""Sums of what batches add: it waits until there is much, and is then summed model by model.

A batch has some thousand examples, and a histogram of predictions has hundreds of thousands of
cells for each model. To add each batch to all cells is to wait for memory; many batches together
find the cells of one model in the processor's cache.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from checkpoint_sweep.evaluation.aggregate import sums
from checkpoint_sweep.evaluation.aggregate.entries import Contribution, Pairs
from checkpoint_sweep.evaluation.aggregate.pending_sums import PendingSums

# Cells by entry up to which all cells are gone through, rather than entries sorted.
_CELLS_PER_ENTRY = 8
# Labels and weights that have so few distinct values together are counted by value.
_FEW = 4


class _Part(NamedTuple):
    pairs: Pairs
    given: Contribution


class _Kinds(NamedTuple):
    """Kinds of entries: those of a kind have the same values in some columns.

    Attributes:
        kind: Kind of each entry, (entries,) int64.
        number: Number of kinds.
        values: Values of each kind in a column, (kinds,), by column.
    """

    kind: np.ndarray
    number: int
    values: Mapping[int, np.ndarray]


class WaitingSums:
    """Sums by code of a leaf.

    Args:
        columns: Number of columns.
        buckets: Number of buckets.
        total: Number of all models.
        firsts: First model of each range of models whose sums are apart from those of others,
            ascending from 0.
    """

    def __init__(
        self, columns: int, buckets: int, total: int, firsts: Sequence[int] = (0,)
    ) -> None:
        self._buckets = buckets
        self._total = total
        self._firsts = firsts
        self._parts: list[_Part] = []
        self._summed = [PendingSums([sums.Sums.empty(columns)]) for _ in firsts]
        self.nbytes = 0

    def add(self, pairs: Pairs, given: Contribution) -> None:
        """Adds what a batch contributes; its arrays must not be changed afterwards."""
        if not given.bucket.ndim:
            self._summed[0].add(pairs.totals(given, self._buckets))
        elif pairs.row.size:
            self._parts.append(_Part(pairs, given))
            self.nbytes += given.nbytes + pairs.row.nbytes

    def sum(self) -> None:
        """Sums what waits, and packs the sums."""
        by_models: dict[tuple[int, ...], list[_Part]] = {}
        for part in self._parts:
            by_models.setdefault(part.pairs.models, []).append(part)
        self._parts, self.nbytes = [], 0
        while by_models:
            _, parts = by_models.popitem()
            for number, found in _Sum(parts, self._buckets, self._total).results(self._firsts):
                summed = self._summed[number]
                summed.add(found)
                summed.compact()
                summed.pack()

    def take(self) -> Iterator[sums.Sums]:
        """Yields the sums of each range of models; there must be no addition afterwards.

        What has one bucket only is all in the first.
        """
        self.sum()
        self._summed.reverse()
        while self._summed:
            yield self._summed.pop().compact()


class _Sum:
    """The sum of parts whose arrays are of the same models.

    Entries are in the order of their rows, which is found once for all models.
    """

    def __init__(self, parts: list[_Part], buckets: int, total: int) -> None:
        self._parts = parts
        self._values = [part.given.shape[2] for part in parts]
        self._buckets, self._total = buckets, total
        row = np.concatenate(
            [np.repeat(p.pairs.row, v) for p, v in zip(parts, self._values, strict=True)]
        )
        present = np.bincount(row) > 0
        self._rows = np.flatnonzero(present)
        index = (np.cumsum(present) - 1)[row]
        self._order = sums.order(index, self._rows.size)
        self._first = index[self._order] * buckets
        self._is_dense = self._rows.size * buckets <= _CELLS_PER_ENTRY * row.size + 1024
        self._columns = range(len(parts[0].given.columns))
        self._of_all = {
            column: self._column(column, 0)
            for column in self._columns
            if all(_models(part.given.columns[column]) == 1 for part in parts)
        }
        self._kinds = _kinds(self._of_all) if self._is_dense else None

    def results(self, firsts: Sequence[int]) -> Iterator[tuple[int, sums.Sums]]:
        """Yields the number of each range of models, and the sums of its entries.

        Args:
            firsts: First model of each range, ascending from 0.
        """
        models = np.array(self._parts[0].pairs.models)
        number = np.searchsorted(firsts, models, side="right") - 1
        for one in np.unique(number).tolist():
            yield one, self._of_models(models, np.flatnonzero(number == one).tolist())

    def _of_models(self, models: npt.NDArray[np.int64], chosen: Sequence[int]) -> sums.Sums:
        """Sums the entries of some of the models, given by their index."""
        found = [self._of_model(index) for index in chosen]
        cells = np.arange(self._rows.size + 1) * self._buckets
        starts = np.stack([np.searchsorted(one.codes, cells) for one in found])
        sizes = np.diff(starts)
        # Codes ascend by row, and then by model.
        place = np.empty(sizes.size, np.int64)
        order = np.argsort(models[chosen])
        ends = np.cumsum(sizes[order].T)
        place = (ends.reshape(sizes.T.shape) - sizes[order].T)[:, np.argsort(order)]
        codes = np.empty(int(ends[-1]), np.int64)
        values = np.empty((codes.size, found[0].values.shape[1]))
        for index, model in enumerate(models[chosen]):
            one, found[index] = found[index], sums.Sums.empty(0)
            shift = (self._rows * self._total + model) * self._buckets - cells[:-1]
            to = np.arange(one.codes.size) + np.repeat(
                place[:, index] - starts[index, :-1], sizes[index]
            )
            codes[to] = one.codes + np.repeat(shift, sizes[index])
            values[to] = one.values
        return sums.Sums(codes, values)

    def _of_model(self, model: int) -> sums.Sums:
        """Sums the entries of one model, by index of the row and bucket."""
        bucket = self._flat([part.given.bucket for part in self._parts], model)
        codes = bucket.astype(np.int64)
        codes += self._first
        size = self._rows.size * self._buckets
        if not self._is_dense:
            columns = [self._values_of(column, model) for column in self._columns]
            return sums.Sums.of(codes, columns, size)
        by_kind: dict[int, np.ndarray] = {}
        if self._kinds is None:
            present = np.flatnonzero(np.bincount(codes, minlength=size))
        else:
            number = self._kinds.number
            counts = np.bincount(codes + self._kinds.kind * size, minlength=size * number)
            counts = counts.reshape(number, size)
            present = np.flatnonzero(counts.sum(axis=0))
            counts = counts.take(present, axis=1)
            by_kind = {column: found @ counts for column, found in self._kinds.values.items()}
        values = np.empty((present.size, len(self._columns)))
        for column in self._columns:
            if column in by_kind:
                values[:, column] = by_kind[column]
            else:
                weights = self._values_of(column, model)
                values[:, column] = np.bincount(codes, weights, size)[present]
        return sums.Sums(present, values)

    def _values_of(self, column: int, model: int) -> npt.NDArray[np.float64]:
        found = self._of_all.get(column)
        return self._column(column, model) if found is None else found

    def _column(self, column: int, model: int) -> npt.NDArray[np.float64]:
        found = self._flat([part.given.columns[column] for part in self._parts], model)
        return found.astype(np.float64)

    def _flat(self, arrays: Sequence[np.ndarray], model: int) -> np.ndarray:
        """Takes a model's part of arrays, in the order of rows."""
        flat = [
            part.pairs.of_model(array, model, values)
            for part, array, values in zip(self._parts, arrays, self._values, strict=True)
        ]
        return np.concatenate(flat).take(self._order)


def _models(array: np.ndarray) -> int:
    return array.shape[0] if array.ndim == 3 else 1


def _kinds(columns: Mapping[int, np.ndarray]) -> _Kinds | None:
    """Finds the kinds of entries by the columns of few distinct values; None if there are none."""
    kind, number, values = None, 1, dict[int, np.ndarray]()
    for column, found in columns.items():
        distinct = _distinct(found)
        if distinct is None or number * distinct.size > _FEW:
            continue
        of_entry = np.searchsorted(distinct, found)
        kind = of_entry if kind is None else kind * distinct.size + of_entry
        values = {i: np.repeat(before, distinct.size) for i, before in values.items()}
        values[column] = np.tile(distinct, number)
        number *= distinct.size
    return None if kind is None else _Kinds(kind, number, values)


def _distinct(column: np.ndarray) -> np.ndarray | None:
    """Finds the distinct values of a column, ascending; None if many, or some not finite."""
    # A count of zero times infinity is NaN, and NaN is equal to no value that was found.
    if not np.isfinite(column).all():
        return None
    found = np.unique(column[: 4 * _FEW])
    while found.size <= _FEW:
        other = ~np.isin(column, found)
        if not other.any():
            return found
        found = np.unique(np.append(found, column[other.argmax()]))
    return None
