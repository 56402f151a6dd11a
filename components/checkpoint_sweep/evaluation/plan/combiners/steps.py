"""Cells of confusion matrices, from histograms, at the thresholds at which they change."""

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import binary_confusion_matrices as tfma_matrices
from tensorflow_model_analysis.metrics import calibration_histogram

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners.thresholds import ArrayHistogram


@functools.lru_cache(maxsize=16)
def rebinning(thresholds: tuple[float, ...]) -> "Rebinning":
    """Makes one for all steps of a pipeline, each of which plans by itself: 10,000 take a while."""
    return Rebinning(thresholds)


class Rebinning:
    """Confusion matrices from histograms of predictions in [0, 1], at given thresholds.

    Source: ``calibration_histogram.rebin`` and ``_histogram_to_binary_confusion_matrices`` of
    TFMA 0.46, including their treatment of the boundaries.

    Attributes:
        thresholds: Thresholds of the matrices.

    Args:
        thresholds: Thresholds of the matrices, ascending.
    """

    def __init__(self, thresholds: Sequence[float]) -> None:
        epsilon = tfma_internals.THRESHOLD_TOLERANCE
        bounds = [t + epsilon if t != 0 else t for t in thresholds]
        offset = int(thresholds[0] >= 0)
        if offset:
            bounds = [-epsilon, *bounds]
        if thresholds[-1] < 1.0:
            bounds = [*bounds, 1.0 + epsilon]
        if len(thresholds) == 1:
            offset = 1
        number = calibration_histogram.DEFAULT_NUM_BUCKETS
        prediction = np.arange(-1, number + 1) / number
        prediction[0], prediction[-1] = -np.inf, np.inf
        # Bin i holds predictions in [bounds[i], bounds[i + 1]); the outer ones are open.
        self._bin = np.searchsorted(np.asarray(bounds[1:]), prediction, side="right")
        self._bins = len(bounds)
        # The last thresholds: with all examples below, TFMA takes other cells.
        self._beyond = int(np.count_nonzero(np.asarray(thresholds) >= 1.0 + epsilon))
        self._kept = offset, offset + len(thresholds) - self._beyond
        self.thresholds = list(thresholds)

    def confusion_matrices(self, histogram: ArrayHistogram) -> tfma_matrices.Matrices:
        """Computes the matrices of a histogram of ``calibration_histogram.DEFAULT_NUM_BUCKETS``."""
        cells, repeats = self.steps(histogram.buckets[None], histogram.values[None])
        there = repeats[0] > 0
        repeats = repeats[0, there]
        return tfma_matrices.Matrices(
            list(self.thresholds), *(Steps(cell[0, there], repeats) for cell in cells)
        )

    def steps(self, buckets: np.ndarray, values: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Computes the cells of several histograms with equally many buckets.

        Args:
            buckets: (rows, n) int64, ascending in each row.
            values: (rows, n, 3) float64, weighted labels, predictions and examples.

        Returns:
            Cells in the order of ``Matrices``, each (rows, steps) float64, and how many thresholds
            each step stands for, (rows, steps) int64, which may be 0.
        """
        # Ascending, as the buckets are: the sum below a bin changes only at bins with examples.
        index = self._bin[buckets]
        labels, examples = values[..., 0], values[..., 2]
        column = np.ones((len(index), 1), np.int64)
        bounds = np.concatenate((0 * column, index + 1, self._bins * column), axis=1)
        bounds = np.clip(bounds, *self._kept)
        repeats = np.diff(bounds, axis=1)
        cells = list(_cells(labels, examples - labels))
        if self._beyond:
            first = np.argmax(repeats > 0, axis=1)[:, None]
            some = (repeats > 0).any(axis=1, keepdims=True)
            tp, _, fp, _ = (np.where(some, np.take_along_axis(c, first, 1), 0.0) for c in cells)
            last = (np.zeros_like(tp), fp, np.zeros_like(tp), tp)
            cells = [np.concatenate(pair, axis=1) for pair in zip(cells, last, strict=True)]
            repeats = np.concatenate((repeats, self._beyond * column), axis=1)
        return cells, repeats


def _cells(positive: np.ndarray, negative: np.ndarray) -> Iterator[np.ndarray]:
    """Yields what is in each cell, as the order of ``Matrices`` is, below each of the bins."""
    zero = np.zeros((len(positive), 1))
    yield np.concatenate((np.cumsum(positive[:, ::-1], axis=1)[:, ::-1], zero), axis=1)
    yield np.concatenate((zero, np.cumsum(negative, axis=1)), axis=1)
    yield np.concatenate((np.cumsum(negative[:, ::-1], axis=1)[:, ::-1], zero), axis=1)
    yield np.concatenate((zero, np.cumsum(positive, axis=1)), axis=1)


class Steps(Sequence):
    """A list of floats, many of which are equal to their neighbours; NumPy takes it as an array.

    Attributes:
        steps: Floats, each once for all of its neighbours that are equal.

    Args:
        steps: Floats.
        repeats: How often each is in the list.
    """

    def __init__(self, steps: np.ndarray, repeats: np.ndarray) -> None:
        self.steps = steps
        self._repeats = repeats

    @functools.cached_property
    def _array(self) -> np.ndarray:
        return np.repeat(self.steps, self._repeats)

    def __len__(self) -> int:
        return int(self._repeats.sum())

    def __getitem__(self, index: Any) -> Any:
        return self._array[index].tolist()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self[:] == list(other)

    def __array__(self, dtype: Any = None) -> np.ndarray:
        return self._array if dtype is None else self._array.astype(dtype)
