"""Metrics of two classes that have no value where a class is missing, or where 0 is divided by 0.

TFMA adds up what is left of their formulas without a class: the area under a curve of nothing is 0,
and so is a precision of no positives. Every candidate has the same 0, so that it decides nothing,
and looks like a value. A quotient of 0 and 0 ends its whole evaluation.

An average over classes needs the values of those that have a weight in it, and no others.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import binary_confusion_matrices, metric_types

from checkpoint_sweep.evaluation import tfma_internals

# Subclasses and aliases of these included.
_OF_BOTH = frozenset(
    {
        "AUC",
        "PrecisionAtRecall",
        "RecallAtPrecision",
        "SensitivityAtSpecificity",
        "SpecificityAtSensitivity",
    }
)
_OF_POSITIVES = _OF_BOTH | {
    "F1Score",
    "FalseDiscoveryRate",
    "FowlkesMallowsIndex",
    "Precision",
    "ThreatScore",
    "ThresholdAtRecall",
}
_OF_NEGATIVES = _OF_BOTH | {"FalseOmissionRate", "NegativePredictiveValue"}
_CELLS = ("tp", "tn", "fp", "fn")
# A value that no weight but 0 hides in an average.
_LARGE = 1e300


def nan_where_undefined(
    computation: metric_types.DerivedMetricComputation,
) -> metric_types.DerivedMetricComputation:
    """Returns the computation with NaN in place of a value that is not defined.

    A value is not defined without the labels that its formula needs, or where this divides 0 by 0.
    Other computations are returned as they are. What counts is the weight of the examples of a
    class.

    Args:
        computation: Computation of TFMA's.
    """
    found = tfma_internals.metric_of_matrices(computation)
    if found is None:
        return computation
    positives, negatives = classes_needed(found)

    def result(metrics: Mapping[Any, Any]) -> dict[Any, Any]:
        matrices = metrics[found.matrices]
        values: dict[Any, Any]
        try:
            values = computation.result(metrics)
        except ZeroDivisionError:
            # Python's numbers raise it, NumPy's quotient is NaN.
            with np.errstate(divide="ignore", invalid="ignore"):
                values = computation.result({**metrics, found.matrices: _of_numpy(matrices)})
        missing = (positives and not _weight(matrices.tp, matrices.fn)) or (
            negatives and not _weight(matrices.fp, matrices.tn)
        )
        return {key: _nan_like(value) for key, value in values.items()} if missing else values

    return metric_types.DerivedMetricComputation(keys=computation.keys, result=result)


def classes_needed(metric: tfma_internals.MetricOfMatrices) -> tuple[bool, bool]:
    """Tells whether a metric has no value without positives, and whether without negatives."""
    positives = not metric.class_names.isdisjoint(_OF_POSITIVES)
    return positives, not metric.class_names.isdisjoint(_OF_NEGATIVES)


def average_of_weighted(
    computation: metric_types.DerivedMetricComputation,
) -> metric_types.DerivedMetricComputation:
    """Returns the computation of an average that needs no value of a class without weight.

    TFMA multiplies the NaN of such a class by its weight of 0, which is NaN. Computations that are
    no macro average are returned as they are.

    Args:
        computation: Computation of TFMA's.
    """
    kinds = [getattr(key, "aggregation_type", None) for key in computation.keys]
    if not any(kind is not None and kind.macro_average for kind in kinds):
        return computation

    def result(metrics: Mapping[Any, Any]) -> dict[Any, Any]:
        values: dict[Any, Any] = computation.result(metrics)
        if not any(map(_is_nan, values.values())):
            return values
        # What is another with a large number in place of classes' values depends on one of them.
        of_others = computation.result(_Finite(metrics))
        by_missing = computation.result(_Finite(metrics, nan=_LARGE))
        by_high = computation.result(_Finite(metrics, high=_LARGE))
        by_low = computation.result(_Finite(metrics, low=-_LARGE))
        return {
            key: _with_infinity(value, by_missing[key], by_high[key], by_low[key])
            for key, value in of_others.items()
        }

    return metric_types.DerivedMetricComputation(keys=computation.keys, result=result)


@dataclasses.dataclass(frozen=True, eq=False)
class _Finite(Mapping[Any, Any]):
    """Metrics with numbers in place of NaN, of infinity and of minus infinity.

    A row has hundreds of metrics, and an average reads some: these alone are looked at.
    """

    metrics: Mapping[Any, Any]
    nan: float = 0.0
    high: float = 0.0
    low: float = 0.0

    def __getitem__(self, key: Any) -> Any:
        value = self.metrics[key]
        if not isinstance(value, float) or math.isfinite(value):
            return value
        if math.isnan(value):
            return self.nan
        return self.high if value > 0 else self.low

    def __iter__(self) -> Iterator[Any]:
        return iter(self.metrics)

    def __len__(self) -> int:
        return len(self.metrics)


def _with_infinity(average: Any, by_missing: Any, by_high: Any, by_low: Any) -> Any:
    """Returns an average of all classes.

    Args:
        average: Average with 0 in place of what is not finite.
        by_missing: The same with a large number in place of NaN.
        by_high: The same with a large number in place of infinity.
        by_low: The same with a large negative number in place of minus infinity.
    """
    dependent = [other for other in (by_high, by_low) if other != average]
    if by_missing != average or len(dependent) > 1:
        return math.nan
    return math.copysign(math.inf, dependent[0] - average) if dependent else average


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _weight(found: Any, missed: Any) -> float:
    """Returns the weight of a class: of the examples that a threshold finds, and that it misses.

    It is the same at each threshold, but for those above 1, where TFMA takes other cells.
    """
    weights = np.asarray(found, np.float64) + np.asarray(missed, np.float64)
    return float(np.max(weights, initial=0.0))


def _of_numpy(matrices: binary_confusion_matrices.Matrices) -> binary_confusion_matrices.Matrices:
    """Returns the matrices with the weights of their cells as NumPy's numbers."""
    cells = {cell: np.asarray(getattr(matrices, cell), np.float64) for cell in _CELLS}
    return matrices._replace(**cells)


def _nan_like(value: Any) -> Any:
    return np.full(value.shape, np.nan) if np.ndim(value) else float("nan")
