"""Precision at k: how much of a model's k highest-scored classes is relevant."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from checkpoint_sweep.metrics.batch_metric import BatchMetric, Formula


@dataclasses.dataclass(frozen=True)
class _PrecisionAtK(Formula):
    k: int
    fields = ("weighted_precision", "weight")

    def obstacle(self, labels: int, predictions: int) -> str | None:
        if self.k > predictions:
            return f"precision at {self.k} of {predictions} classes is not defined; choose less"
        if labels not in (1, predictions):
            return f"a label needs 1 or {predictions} values, not {labels}"
        return None

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        top = np.argsort(-prediction, axis=-1, kind="stable")[..., : self.k]
        if label.shape[-1] == prediction.shape[-1]:
            relevant = np.take_along_axis(np.broadcast_to(label, prediction.shape), top, -1) > 0
        else:
            relevant = top == label
        return relevant.sum(axis=-1, keepdims=True) / self.k * weight, weight

    def value(self, buckets: np.ndarray, totals: np.ndarray) -> float:
        precision, weight = totals.sum(axis=0)
        return precision / weight if weight else math.nan


class PrecisionAtK(BatchMetric):
    """``P@k = |relevant classes among the k highest scores| / k``, averaged over examples.

    Scores have shape (classes,) per example; of equal scores the lower class comes first. A label
    is either the number of one class, or a vector (classes,) whose positive entries are relevant.
    With one label per example it is the top-k accuracy divided by k. NaN without weight.

    >>> from checkpoint_sweep.metrics import PrecisionAtK
    >>> PrecisionAtK(k=3).name
    'precision_at_3'

    Source: Manning, Raghavan and Schütze, "Introduction to Information Retrieval", section 8.4.
    """

    def __init__(self, k: int = 1, name: str | None = None) -> None:
        """Names the metric ``precision_at_<k>`` unless told otherwise.

        Raises:
            ValueError: `k` is below 1.
        """
        if k < 1:
            raise ValueError(f"PrecisionAtK: k is {k}; it must be at least 1.")
        super().__init__(_PrecisionAtK(k), name or f"precision_at_{k}", k=k)


metric_types.register_metric(PrecisionAtK)
