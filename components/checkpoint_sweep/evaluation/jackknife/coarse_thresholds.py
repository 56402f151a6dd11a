"""How much of the examples lies between two thresholds of an area under a curve."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from checkpoint_sweep.evaluation.plan.combiners.thresholds import ArrayHistogram

# A smaller share of both classes changes an area by less than a hundredth of itself.
_LEAST = 0.05
# Predictions of an interval that have one mean in all samples are equal.
_EQUAL = 1e-11


def share_between_thresholds(
    key: metric_types.MetricKey, samples: Sequence[Mapping[Any, Any]]
) -> float | None:
    """Computes the largest share of both classes that one interval of thresholds has.

    An area takes predictions of an interval for ties. Those that are equal are ties, and no matter.

    Args:
        key: Key of the area.
        samples: Metrics of all examples, then without each fold, with their histograms.

    Returns:
        The smaller of the shares of the two classes; None where it is below a twentieth, or there
        is no histogram as arrays.
    """
    histograms = [found for m in samples if (found := _histogram(key, m)) is not None]
    if not histograms:
        return None
    whole, *others = histograms
    positive, _, total = whole.values.T
    negative = total - positive
    if not positive.sum() > 0 or not negative.sum() > 0:
        return None
    shares = np.minimum(positive / positive.sum(), negative / negative.sum())
    means = _means(whole, whole.buckets)
    for number in np.argsort(-shares)[: np.count_nonzero(shares > _LEAST)]:
        without = [_means(other, whole.buckets[number : number + 1]) for other in others]
        if any(abs(mean - means[number]) > _EQUAL * abs(mean) for (mean,) in without):
            return float(shares[number])
    return None


def _histogram(key: metric_types.MetricKey, metrics: Mapping[Any, Any]) -> ArrayHistogram | None:
    for other, value in metrics.items():
        if isinstance(value, ArrayHistogram) and other._replace(name=key.name) == key:
            return value
    return None


def _means(histogram: ArrayHistogram, buckets: np.ndarray) -> np.ndarray:
    """Computes the mean prediction of some buckets, which some example has; NaN of others."""
    means = np.full(buckets.size, np.nan)
    at = np.searchsorted(histogram.buckets, buckets)
    at = np.minimum(at, histogram.buckets.size - 1)
    known = histogram.buckets[at] == buckets
    _, prediction, total = histogram.values[at[known]].T
    means[known] = prediction / total
    return means
