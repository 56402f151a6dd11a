"""Confusion matrices and plots from histograms held as arrays."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import binary_confusion_matrices as tfma_matrices
from tensorflow_model_analysis.metrics import calibration_histogram, metric_types

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners.thresholds import ArrayHistogram
from checkpoint_sweep.evaluation.plots.array_plots import (
    CalibrationBuckets,
    ThresholdMatrices,
    calibration_thresholds,
    plot_thresholds,
)


def on_arrays(
    computation: metric_types.DerivedMetricComputation,
) -> metric_types.DerivedMetricComputation:
    """Makes a derived computation work on arrays where its input is held as arrays.

    TFMA turns a histogram into confusion matrices, and into a calibration plot, in Python loops
    over thousands of thresholds, about 20 and 5 ms per slice and model, and the protos of plots
    take as long again to copy and to write. Other computations are returned as they are.
    """
    if plot := tfma_internals.calibration_plot_from_histogram(computation):
        return _calibration_plot(computation, plot)
    if matrices := tfma_internals.plot_from_matrices(computation):
        return _matrices_plot(computation, matrices)
    found = tfma_internals.histogram_matrices(computation)
    if found is None or (len(found.thresholds) == 1 and found.thresholds[0] < 0):
        return computation
    rebin = _rebinning(tuple(found.thresholds))

    def result(metrics: Mapping[Any, Any]) -> dict[Any, Any]:
        histogram = metrics[found.histogram]
        if not isinstance(histogram, ArrayHistogram):
            from_tfma: dict[Any, Any] = computation.result(metrics)
            return from_tfma
        return {found.matrices: rebin.confusion_matrices(histogram)}

    return metric_types.DerivedMetricComputation(keys=computation.keys, result=result)


def _calibration_plot(
    computation: metric_types.DerivedMetricComputation, plot: tfma_internals.CalibrationPlot
) -> metric_types.DerivedMetricComputation:
    number = calibration_histogram.DEFAULT_NUM_BUCKETS
    prediction = np.arange(-1, number + 1) / number * (plot.right - plot.left) + plot.left
    prediction[0], prediction[-1] = -np.inf, np.inf
    bounds = (plot.left, plot.right, plot.number)
    bins = np.searchsorted(calibration_thresholds(*bounds)[1:], prediction, side="right")

    def result(metrics: Mapping[Any, Any]) -> dict[Any, Any]:
        histogram = metrics[plot.histogram]
        if not isinstance(histogram, ArrayHistogram):
            from_tfma: dict[Any, Any] = computation.result(metrics)
            return from_tfma
        # Ascending, as the buckets are.
        index = bins[histogram.buckets]
        starts = np.flatnonzero(np.diff(index, prepend=-1))
        sums = np.add.reduceat(histogram.values, starts) if starts.size else histogram.values
        return {plot.plot: CalibrationBuckets(bounds, index[starts], sums)}

    return metric_types.DerivedMetricComputation(keys=computation.keys, result=result)


def _matrices_plot(
    computation: metric_types.DerivedMetricComputation, plot: tfma_internals.MatricesPlot
) -> metric_types.DerivedMetricComputation:
    def result(metrics: Mapping[Any, Any]) -> dict[Any, Any]:
        matrices = metrics[plot.matrices]
        if not isinstance(matrices.tp, _Steps):
            from_tfma: dict[Any, Any] = computation.result(metrics)
            return from_tfma
        cells = np.stack([matrices.tp, matrices.tn, matrices.fp, matrices.fn])
        thresholds = plot_thresholds(tuple(matrices.thresholds))
        return {plot.plot: ThresholdMatrices(thresholds, cells)}

    return metric_types.DerivedMetricComputation(keys=computation.keys, result=result)


@functools.lru_cache(maxsize=16)
def _rebinning(thresholds: tuple[float, ...]) -> "_Rebinning":
    """Makes one for all steps of a pipeline, each of which plans by itself: 10,000 take a while."""
    return _Rebinning(thresholds)


class _Rebinning:
    """Confusion matrices from histograms of predictions in [0, 1], at given thresholds.

    Source: ``calibration_histogram.rebin`` and ``_histogram_to_binary_confusion_matrices`` of
    TFMA 0.46, including their treatment of the boundaries.

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
        self._thresholds = list(thresholds)

    def confusion_matrices(self, histogram: ArrayHistogram) -> tfma_matrices.Matrices:
        """Computes the matrices of a histogram of ``calibration_histogram.DEFAULT_NUM_BUCKETS``."""
        # Ascending, as the buckets are: the sum below a bin changes only at bins with examples.
        index = self._bin[histogram.buckets]
        labels, _, examples = np.ascontiguousarray(histogram.values.T)
        runs = np.diff(np.concatenate(([-1], index, [self._bins - 1])))
        ends = np.cumsum(runs)
        first, stop = self._kept
        repeats = np.clip(ends, first, stop) - np.clip(ends - runs, first, stop)
        there = repeats > 0
        cells = np.stack([one[there] for one in _cells(labels, examples - labels)])
        repeats = repeats[there]
        if self._beyond:
            tp, _, fp, _ = cells[:, 0] if repeats.size else np.zeros(4)
            cells = np.column_stack((cells, (0.0, fp, 0.0, tp)))
            repeats = np.append(repeats, self._beyond)
        return tfma_matrices.Matrices(self._thresholds, *(_Steps(one, repeats) for one in cells))


def _cells(positive: np.ndarray, negative: np.ndarray) -> Iterator[np.ndarray]:
    """Yields what is in each cell, as the order of ``Matrices`` is, below each of the bins."""
    yield np.concatenate((np.cumsum(positive[::-1])[::-1], [0.0]))
    yield np.concatenate(([0.0], np.cumsum(negative)))
    yield np.concatenate((np.cumsum(negative[::-1])[::-1], [0.0]))
    yield np.concatenate(([0.0], np.cumsum(positive)))


def at_steps(
    computation: metric_types.DerivedMetricComputation,
    of: metric_types.DerivedMetricComputation,
) -> metric_types.DerivedMetricComputation:
    """Makes a computation of an area look only at thresholds that some example is between.

    Between others the curve stays where it is. Other computations are returned as they are.

    Args:
        computation: Computation of the metric.
        of: TFMA's own computation of it.
    """
    found = tfma_internals.metric_of_matrices(of)
    if found is None or not found.is_area:
        return computation

    def result(metrics: Mapping[Any, Any]) -> dict[Any, Any]:
        matrices = metrics[found.matrices]
        if isinstance(matrices.tp, _Steps):
            _, *cells = matrices
            thresholds = list(range(matrices.tp.steps.size))
            steps = tfma_matrices.Matrices(thresholds, *(cell.steps for cell in cells))
            metrics = {**metrics, found.matrices: steps}
        at_all: dict[Any, Any] = computation.result(metrics)
        return at_all

    return metric_types.DerivedMetricComputation(keys=computation.keys, result=result)


class _Steps(Sequence):
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
