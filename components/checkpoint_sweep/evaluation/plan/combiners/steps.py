"""Cells of confusion matrices, from histograms, at the thresholds at which they change."""

import functools
from collections.abc import Sequence
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
        steps = (Steps(cell, repeats) for cell in cells[:, 0].compress(there, axis=1))
        return tfma_matrices.Matrices(list(self.thresholds), *steps)

    def steps(self, buckets: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Computes the cells of several histograms with equally many buckets.

        Args:
            buckets: (rows, n) int64, ascending in each row.
            values: (rows, n, 3) float64, weighted labels, predictions and examples.

        Returns:
            Cells in the order of ``Matrices``, (4, rows, steps) float64, and how many thresholds
            each step stands for, (rows, steps) int64, which may be 0.
        """
        # Ascending, as the buckets are: the sum below a bin changes only at bins with examples.
        index = self._bin[buckets]
        labels, examples = (np.ascontiguousarray(values[..., column]) for column in (0, 2))
        bounds = np.empty((len(index), index.shape[1] + 2), np.int64)
        bounds[:, 0], bounds[:, 1:-1], bounds[:, -1] = 0, index + 1, self._bins
        first, stop = self._kept
        bounds = np.minimum(np.maximum(bounds, first), stop)
        repeats = bounds[:, 1:] - bounds[:, :-1]
        cells = _cells(labels, examples - labels)
        if self._beyond:
            there = repeats > 0
            begin = np.arange(len(index)), there.argmax(axis=1)
            some = there[begin]
            tp, fp = (np.where(some, cell[begin], 0.0) for cell in (cells[0], cells[2]))
            last = np.stack((np.zeros_like(tp), fp, np.zeros_like(tp), tp))[..., None]
            cells = np.concatenate((cells, last), axis=2)
            beyond = np.full((len(index), 1), self._beyond)
            repeats = np.concatenate((repeats, beyond), axis=1)
        return cells, repeats


def _cells(positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Computes what is in each cell, as the order of ``Matrices`` is, below each of the bins."""
    rows, bins = positive.shape
    result = np.zeros((4, rows, bins + 1))
    tp, tn, fp, fn = result
    tp[:, :-1] = positive[:, ::-1].cumsum(axis=1)[:, ::-1]
    tn[:, 1:] = negative.cumsum(axis=1)
    fp[:, :-1] = negative[:, ::-1].cumsum(axis=1)[:, ::-1]
    fn[:, 1:] = positive.cumsum(axis=1)
    return result


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
