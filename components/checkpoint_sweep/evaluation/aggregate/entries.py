"""What a batch adds to the sums of a leaf: buckets and columns of pairs of a row and an example."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from checkpoint_sweep.evaluation.aggregate import slicing, sums


@dataclasses.dataclass(frozen=True)
class Contribution:
    """Numbers to add by bucket; all arrays broadcast to (models, examples, values).

    Attributes:
        bucket: Numbers of buckets, or one number.
        columns: Arrays to sum.
    """

    bucket: np.ndarray
    columns: Sequence[np.ndarray]

    @classmethod
    def narrowed(cls, bucket: Any, columns: Sequence[Any], buckets: int) -> "Contribution":
        """Makes one that may wait: in small types, where these are exact.

        Args:
            bucket: Numbers of buckets, below ``buckets``.
            columns: Arrays to sum.
            buckets: Number of buckets.
        """
        bucket = np.asarray(bucket)
        if not bucket.ndim:
            return cls(bucket, [np.asarray(column) for column in columns])
        small = bucket.astype(np.min_scalar_type(buckets - 1))
        return cls(small, [_narrowed(np.asarray(column)) for column in columns])

    @property
    def shape(self) -> tuple[int, int, int]:
        """What the arrays broadcast to: models, examples and values, or 1 where all are alike."""
        arrays = (self.bucket, *self.columns)
        models, size, values = np.broadcast_shapes((1, 1, 1), *(array.shape for array in arrays))
        return models, size, values

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for array in (self.bucket, *self.columns))


def _narrowed(column: np.ndarray) -> np.ndarray:
    """Returns a column as float32, if that is exact."""
    if column.dtype != np.float64:
        return column
    with np.errstate(over="ignore"):
        small = column.astype(np.float32)
    return small if bool((small == column).all()) else column


class Pairs:
    """Pairs of a row and an example of a batch, for some models.

    Attributes:
        row: (pairs,) int64, numbers of rows, as codes have them.
        models: Numbers of the models, as the arrays of a contribution have them.

    Args:
        rows: Pairs of a row and an example.
        numbers: Numbers that the rows have in codes, (rows,) int64.
        models: Numbers of the models, as the arrays have them.
        total: Number of all models.
        size: Number of examples.
    """

    def __init__(
        self,
        rows: slicing.Rows,
        numbers: npt.NDArray[np.int64],
        models: Sequence[int],
        total: int,
        size: int,
    ) -> None:
        self.row = numbers[rows.row]
        self.models = tuple(models)
        self._of_batch, self._example = rows.row, rows.example
        self._numbers = numbers
        self._total, self._size = total, size
        self._whole = rows.example.size == size and bool((rows.example == np.arange(size)).all())

    def of_model(self, array: np.ndarray, model: int, values: int) -> np.ndarray:
        """Takes a model's part of an array of a contribution, (pairs * values,).

        Args:
            array: Array that broadcasts to (models, examples, values).
            model: Index of the model in ``models``.
            values: Number of values of an example.
        """
        if array.ndim == 3:
            array = array[model if array.shape[0] > 1 else 0]
        if array.shape != (self._size, values):
            array = np.broadcast_to(array, (self._size, values))
        return (array if self._whole else array[self._example]).ravel()

    def totals(self, given: Contribution, buckets: int) -> sums.Sums:
        """Sums a contribution of one bucket by row and model.

        What is the same for all models is summed once.
        """
        shape = (len(self.models), self._size, given.shape[2])
        cells = self._numbers[self._present] * self._total + np.array(self.models)[:, None]
        codes = (cells * buckets + given.bucket).ravel()
        order = np.argsort(codes)
        columns = [self._by_row(array, shape)[order] for array in given.columns]
        # Several rows of a batch have one number where they are the same set of slices.
        return sums.Sums.of_sorted(codes[order], np.stack(columns, axis=1))

    @functools.cached_property
    def _present(self) -> npt.NDArray[np.int64]:
        """Rows of the batch with an example."""
        return np.flatnonzero(np.bincount(self._of_batch, minlength=self._numbers.size))

    def _by_row(self, array: np.ndarray, shape: tuple[int, int, int]) -> npt.NDArray[np.float64]:
        """Sums an array by model and row, (models * rows with examples,)."""
        models = array.shape[0] if array.ndim == 3 else 1
        array = np.broadcast_to(array, (models, *shape[1:]))
        values = array[:, :, 0] if shape[2] == 1 else array.sum(axis=2, dtype=np.float64)
        if not self._whole:
            values = values[:, self._example]
        rows = self._numbers.size
        found: np.ndarray = np.stack([np.bincount(self._of_batch, own, rows) for own in values])
        found = found[:, self._present]
        return np.broadcast_to(found, (shape[0], self._present.size)).ravel()
