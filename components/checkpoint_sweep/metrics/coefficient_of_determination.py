"""R², the coefficient of determination: the share of the labels' variance that is explained."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from checkpoint_sweep.metrics.batch_metric import BatchMetric, Formula

# Labels that agree in sign, exponent and 12 bits of the mantissa share a pivot, from which their
# moments are counted: sums of squares of large labels would lose the digits of a small variance.
_DROPPED_BITS = 40
_CONSTANT = 1e-12  # Below this share of the sums of squares, their difference is rounding.


def _pivots(buckets: np.ndarray) -> np.ndarray:
    return (buckets.astype(np.uint64) << np.uint64(_DROPPED_BITS)).view(np.float64)


@dataclasses.dataclass(frozen=True)
class _CoefficientOfDetermination(Formula):
    fields = ("weight", "offset", "squared_offset", "squared_error")
    buckets = 1 << (64 - _DROPPED_BITS)

    def obstacle(self, labels: int, predictions: int) -> str | None:
        if (labels, predictions) == (1, 1):
            return None
        return f"one label and one prediction per example are needed, not {labels}, {predictions}"

    def bucket(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        bits = np.ascontiguousarray(label).view(np.uint64) >> np.uint64(_DROPPED_BITS)
        return bits.astype(np.int64)

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        offset = label - _pivots(self.bucket(label, prediction))
        error = label - prediction
        return weight, weight * offset, weight * offset**2, weight * error**2

    def value(self, buckets: np.ndarray, totals: np.ndarray) -> float:
        buckets, totals = buckets[totals[:, 0] != 0], totals[totals[:, 0] != 0]
        weight, offset, squared, errors = totals.T
        if not weight.sum():
            return math.nan
        # Moments of groups are joined as in Chan, Golub and LeVeque (1979).
        mean = _pivots(buckets) - _pivots(buckets)[0] + offset / weight
        between = weight * (mean - np.average(mean, weights=weight)) ** 2
        within = np.maximum(squared - offset**2 / weight, 0.0)
        variation = within.sum() + between.sum()
        if variation <= _CONSTANT * (squared.sum() + between.sum()):
            return math.nan
        return 1.0 - errors.sum() / variation


class CoefficientOfDetermination(BatchMetric):
    """``R² = 1 - SS_res / SS_tot`` of a regression with one output per example.

    ``SS_res = sum(w (y - p)^2)`` and ``SS_tot = sum(w (y - m)^2)``, where ``m`` is the weighted
    mean of the labels ``y``. 1 is perfect, 0 is as good as always saying the mean, and below 0 is
    worse; NaN when the labels are constant.

    >>> from checkpoint_sweep.metrics import CoefficientOfDetermination
    >>> CoefficientOfDetermination().name
    'coefficient_of_determination'

    Source: Draper and Smith, "Applied Regression Analysis", and ``sklearn.metrics.r2_score``, from
    which it differs for constant labels.
    """

    def __init__(self, name: str = "coefficient_of_determination") -> None:
        super().__init__(_CoefficientOfDetermination(), name)


metric_types.register_metric(CoefficientOfDetermination)
