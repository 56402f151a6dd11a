"""Metrics of two classes that have no value where one of the classes is missing.

TFMA adds up what is left of their formulas there: the area under a curve of nothing is 0, and so
is a precision of no positives. Every candidate has the same 0, so that it decides nothing, and
looks like a value.

An average over classes needs the values of those that have a weight in it, and no others.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

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
# A value that no weight but 0 hides in an average.
_LARGE = 1e300


def nan_where_undefined(
    computation: metric_types.DerivedMetricComputation,
) -> metric_types.DerivedMetricComputation:
    """Returns the computation with NaN in place of a value that the labels do not define.

    Other computations, and metrics whose formula needs no class, are returned as they are. What
    counts is the weight of the examples of a class.

    Args:
        computation: Computation of TFMA's.
    """
    found = tfma_internals.metric_of_matrices(computation)
    if found is None:
        return computation
    positives = not found.class_names.isdisjoint(_OF_POSITIVES)
    negatives = not found.class_names.isdisjoint(_OF_NEGATIVES)
    if not positives and not negatives:
        return computation

    def result(metrics: Mapping[Any, Any]) -> dict[Any, Any]:
        values: dict[Any, Any] = computation.result(metrics)
        matrices = metrics[found.matrices]
        missing = (positives and not _weight(matrices.tp, matrices.fn)) or (
            negatives and not _weight(matrices.fp, matrices.tn)
        )
        return {key: _nan_like(value) for key, value in values.items()} if missing else values

    return metric_types.DerivedMetricComputation(keys=computation.keys, result=result)


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
        missing = [key for key, value in metrics.items() if _is_nan(value)]
        # What is the same for any number in place of the missing ones depends on none of them.
        small, large = (
            computation.result({**metrics, **dict.fromkeys(missing, number)})
            for number in (0.0, _LARGE)
        )
        return {key: value if value == large[key] else math.nan for key, value in small.items()}

    return metric_types.DerivedMetricComputation(keys=computation.keys, result=result)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _weight(found: Any, missed: Any) -> float:
    """Returns the weight of a class: of the examples that a threshold finds, and that it misses.

    It is the same at each threshold, but for those above 1, where TFMA takes other cells.
    """
    weights = np.asarray(found, np.float64) + np.asarray(missed, np.float64)
    return float(np.max(weights, initial=0.0))


def _nan_like(value: Any) -> Any:
    return np.full(value.shape, np.nan) if np.ndim(value) else float("nan")
