"""What a contribution of a batch adds: integer codes, and a number for each column."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from checkpoint_sweep.evaluation.aggregate import slicing


@dataclasses.dataclass(frozen=True)
class Entries:
    """Numbers to add by code.

    Attributes:
        codes: (entries,) int64. A code is ``(row * models + model) * buckets + bucket``.
        columns: An array (entries,) float64 for each column.
        size: Number that all codes are below.
    """

    codes: npt.NDArray[np.int64]
    columns: Sequence[npt.NDArray[np.float64]]
    size: int


class Pairs:
    """Pairs of a row and an example of a batch, for some models.

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
        self._row, self._example = rows.row, rows.example
        self._numbers = numbers
        self._models = np.asarray(models, np.int64)
        self._total, self._size = total, size
        self._whole = rows.example.size == size and bool((rows.example == np.arange(size)).all())

    def entries(self, bucket: Any, buckets: int, columns: Sequence[Any]) -> Entries:
        """Makes the entries of a contribution, whose arrays broadcast to (models, size, values).

        Args:
            bucket: Numbers of buckets, below ``buckets``.
            buckets: Number of buckets.
            columns: Arrays to sum.
        """
        arrays = [np.asarray(array) for array in (bucket, *columns)]
        bases = (self._models.size, self._size, 1)
        shape = np.broadcast_shapes(bases, *(array.shape for array in arrays))
        bucket, *arrays = arrays
        size = (int(self._numbers.max(initial=-1)) + 1) * self._total * buckets
        if bucket.ndim == 0:
            codes = (self._row_model_cells * buckets + bucket).ravel()
            return Entries(codes, [self._by_row(array, shape) for array in arrays], size)
        codes = self._row_models * buckets + self._of_pairs(bucket, shape)
        flat = [self._of_pairs(array, shape).astype(np.float64).ravel() for array in arrays]
        return Entries(codes.ravel(), flat, size)

    @functools.cached_property
    def _row_models(self) -> npt.NDArray[np.int64]:
        """Numbers of rows and models together, (models, pairs, 1)."""
        return (self._numbers[self._row] * self._total + self._models[:, None])[:, :, None]

    @functools.cached_property
    def _present(self) -> npt.NDArray[np.int64]:
        """Rows with an example."""
        return np.flatnonzero(np.bincount(self._row, minlength=self._numbers.size))

    @functools.cached_property
    def _row_model_cells(self) -> npt.NDArray[np.int64]:
        """Numbers of the rows that have examples and models together, (models, rows)."""
        return self._numbers[self._present] * self._total + self._models[:, None]

    @functools.cached_property
    def _of_models(self) -> npt.NDArray[np.int64]:
        """Numbers of models, as the arrays have them, and rows together, (models * pairs,)."""
        return (np.arange(self._models.size)[:, None] * self._numbers.size + self._row).ravel()

    def _by_row(self, array: np.ndarray, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """Sums an array by model and row, (models * rows with examples,).

        What is the same for all models is summed once.
        """
        models = array.shape[0] if array.ndim == 3 else 1
        array = np.broadcast_to(array, (models, *shape[1:]))
        values = array[:, :, 0] if shape[2] == 1 else array.sum(axis=2, dtype=np.float64)
        if not self._whole:
            values = values[:, self._example]
        codes = self._row if models == 1 else self._of_models
        rows = self._numbers.size
        sums: np.ndarray = np.bincount(codes, weights=values.ravel(), minlength=models * rows)
        sums = sums.reshape(models, rows)[:, self._present]
        return np.broadcast_to(sums, (self._models.size, self._present.size)).ravel()

    def _of_pairs(self, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Broadcasts an array to (models, pairs, values)."""
        array = np.broadcast_to(array, shape)
        return array if self._whole else array[:, self._example]
