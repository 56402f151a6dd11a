"""Confusion matrices and plots from histograms held as arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import binary_confusion_matrices as tfma_matrices
from tensorflow_model_analysis.metrics import calibration_histogram, metric_types

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners.steps import Steps, rebinning
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
    rebin = rebinning(tuple(found.thresholds))

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
        if not isinstance(matrices.tp, Steps):
            from_tfma: dict[Any, Any] = computation.result(metrics)
            return from_tfma
        cells = np.stack([matrices.tp, matrices.tn, matrices.fp, matrices.fn])
        thresholds = plot_thresholds(tuple(matrices.thresholds))
        return {plot.plot: ThresholdMatrices(thresholds, cells)}

    return metric_types.DerivedMetricComputation(keys=computation.keys, result=result)


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
        if isinstance(matrices.tp, Steps):
            _, *cells = matrices
            thresholds = list(range(matrices.tp.steps.size))
            steps = tfma_matrices.Matrices(thresholds, *(cell.steps for cell in cells))
            metrics = {**metrics, found.matrices: steps}
        at_all: dict[Any, Any] = computation.result(metrics)
        return at_all

    return metric_types.DerivedMetricComputation(keys=computation.keys, result=result)
