"""Metrics of many rows at once; a row is a slice of a model.

A column has the value of one key in each row: a list, or a sequence that makes what is asked for.
"""

import abc
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Columns = dict[Any, Sequence[Any]]

# Stands in a column for rows that do not have its key.
MISSING = object()


@dataclasses.dataclass(frozen=True)
class RowSums:
    """The sums of one leaf in several rows.

    Attributes:
        buckets: Buckets that any example has added to, (nnz,) int64, ascending in each row.
        values: Sums of these buckets, (nnz, columns) float64.
        starts: Where each row begins, and where the last one ends, (rows + 1,) int64.
    """

    buckets: np.ndarray
    values: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return self.starts.size - 1

    def row(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the buckets and the sums of one row."""
        first, last = self.starts[number], self.starts[number + 1]
        return self.buckets[first:last], self.values[first:last]

    def row_of_entry(self) -> np.ndarray:
        """Returns the row of each bucket, (nnz,) int64."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def only(self, kept: np.ndarray) -> "RowSums":
        """Drops entries.

        Args:
            kept: Whether each entry stays, (nnz,) bool.
        """
        if kept.all():
            return self
        starts = np.concatenate(([0], np.cumsum(kept)))[self.starts]
        return RowSums(self.buckets[kept], self.values[kept], starts)

    def totals(self) -> np.ndarray:
        """Returns the sums of a leaf with one bucket, (rows, columns)."""
        result = np.zeros((len(self), self.values.shape[1]))
        result[self.row_of_entry()] = self.values
        return result


class Column(Sequence[Any]):
    """A column whose values are made when they are asked for."""

    @abc.abstractmethod
    def value(self, row: int) -> Any:
        """Makes the value of one row."""

    def __getitem__(self, row: Any) -> Any:
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self.value(row)


class TotalsColumn(Column):
    """Accumulators whose attributes are totals.

    Attributes:
        totals: Totals by the name of the attribute, each (rows,) float64.

    Args:
        combiner: TFMA's combiner, which makes empty accumulators.
        fields: Names of the attributes.
        totals: (rows, fields) float64.
    """

    def __init__(self, combiner: Any, fields: Sequence[str], totals: np.ndarray) -> None:
        self.totals: Mapping[str, np.ndarray] = dict(zip(fields, totals.T, strict=True))
        self._combiner = combiner
        self._rows: list[list[float]] = totals.tolist()

    def __len__(self) -> int:
        return len(self._rows)

    def value(self, row: int) -> Any:
        """Makes an accumulator."""
        result = self._combiner.create_accumulator()
        for field, total in zip(self.totals, self._rows[row], strict=True):
            setattr(result, field, total)
        return result


def to_columns(outputs: Sequence[dict[Any, Any]]) -> Columns:
    """Makes a column of each key of the metrics of several rows, at least one."""
    keys = list(outputs[0])
    if all(list(output) == keys for output in outputs):
        values = zip(*(output.values() for output in outputs), strict=True)
        return dict(zip(keys, map(list, values), strict=True))
    every = dict.fromkeys(key for output in outputs for key in output)
    return {key: [output.get(key, MISSING) for output in outputs] for key in every}


def to_rows(columns: Columns) -> Iterator[dict[Any, Any]]:
    """Yields the metrics of each row."""
    keys = list(columns)
    for values in zip(*columns.values(), strict=True):
        metrics = dict(zip(keys, values, strict=True))
        if any(value is MISSING for value in values):
            metrics = {key: value for key, value in metrics.items() if value is not MISSING}
        yield metrics
