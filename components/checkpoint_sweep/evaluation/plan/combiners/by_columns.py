"""Derived computations of many rows at once."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import binary_confusion_matrices as tfma_matrices
from tensorflow_model_analysis.metrics import metric_types

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners.curves import CurvesColumn
from checkpoint_sweep.evaluation.plan.combiners.rows import (
    Column,
    Columns,
    TotalsColumn,
    to_columns,
    to_rows,
)
from checkpoint_sweep.evaluation.plan.combiners.steps import rebinning
from checkpoint_sweep.evaluation.plan.combiners.thresholds import (
    HistogramColumn,
    MatricesByThreshold,
)
from checkpoint_sweep.evaluation.plan.undefined import classes_needed

# Computes columns from those that are known; None if these are held in another way.
_Attempt = Callable[[Columns], Columns | None]


def on_columns(
    computation: metric_types.DerivedMetricComputation,
    of: metric_types.DerivedMetricComputation,
) -> Callable[[Columns], Columns]:
    """Makes a function that gives the columns of a derived computation.

    Where a computation of TFMA's is not known, or its input is held in another way, it is computed
    row by row.

    Args:
        computation: Computation as it is for one row.
        of: TFMA's own computation of it.
    """
    attempt = _attempt(computation, of)

    def result(columns: Columns) -> Columns:
        found = attempt(columns) if attempt else None
        if found is not None:
            return found
        return to_columns([computation.result(metrics) for metrics in to_rows(columns)])

    return result


def _attempt(
    computation: metric_types.DerivedMetricComputation, of: metric_types.DerivedMetricComputation
) -> _Attempt | None:
    if histogram := tfma_internals.histogram_matrices(of):
        return _curves(histogram)
    if accumulators := tfma_internals.matrices_of_accumulators(of):
        return _matrices(accumulators)
    if metric := tfma_internals.metric_of_matrices(of):
        return _metric(computation, metric)
    if ratio := tfma_internals.ratio_of_totals(of):
        return _ratio(ratio)
    return None


def _curves(found: tfma_internals.HistogramMatrices) -> _Attempt | None:
    if len(found.thresholds) == 1 and found.thresholds[0] < 0:
        return None
    rebin = rebinning(tuple(found.thresholds))

    def result(columns: Columns) -> Columns | None:
        histograms = columns[found.histogram]
        if not isinstance(histograms, HistogramColumn):
            return None
        return {found.matrices: CurvesColumn(rebin, histograms.rows)}

    return result


def _matrices(found: tfma_internals.HistogramMatrices) -> _Attempt:
    def result(columns: Columns) -> Columns | None:
        given = columns[found.histogram]
        if not isinstance(given, MatricesByThreshold):
            return None
        if list(given.thresholds) != list(found.thresholds):
            return None
        return {found.matrices: _MatricesColumn(given)}

    return result


class _MatricesColumn(Column):
    """Confusion matrices of several rows, each at all thresholds."""

    def __init__(self, given: MatricesByThreshold) -> None:
        self._thresholds = list(given.thresholds)
        self._cells: list[list[list[float]]] = given.cells.tolist()

    def __len__(self) -> int:
        return len(self._cells)

    def value(self, row: int) -> tfma_matrices.Matrices:
        """Makes the matrices of one row."""
        return tfma_matrices.Matrices(list(self._thresholds), *self._cells[row])


def _metric(
    computation: metric_types.DerivedMetricComputation, found: tfma_internals.MetricOfMatrices
) -> _Attempt:
    def result(columns: Columns) -> Columns:
        matrices: Sequence[Any] = columns[found.matrices]
        if found.is_area and isinstance(matrices, CurvesColumn):
            (key,) = computation.keys
            return {key: matrices.areas(found.arguments, *classes_needed(found))}
        # It reads the matrices only. One after the other: those of all rows are large.
        return to_columns([computation.result({found.matrices: one}) for one in matrices])

    return result


def _ratio(found: tfma_internals.RatioOfTotals) -> _Attempt:
    def result(columns: Columns) -> Columns | None:
        accumulators = columns[found.totals]
        if not isinstance(accumulators, TotalsColumn):
            return None
        denominator = accumulators.totals[found.denominator]
        with np.errstate(all="ignore"):
            ratio = accumulators.totals[found.numerator] / denominator
        return {found.ratio: np.where(np.isclose(denominator, 0.0), np.nan, ratio).tolist()}

    return result
