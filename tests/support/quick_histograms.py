"""TFMA's two passes over the 10,000 thresholds of an AUC, which are done for each slice and class.

They add the same numbers in the same order, so that sums are the same to the last bit, and do no
more than that: TFMA makes a bucket for each threshold, and indexes lists, in most of the time of an
evaluation of a few rows. `test_quick_histograms.py` compares them with TFMA's.
"""

import bisect
import functools
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from tensorflow_model_analysis.metrics import binary_confusion_matrices, calibration_histogram
from tensorflow_model_analysis.metrics.calibration_histogram import Bucket, Histogram


def use() -> None:
    """Replaces TFMA's from now on, in this process and in those that are forked from it."""
    calibration_histogram.rebin = _rebinned(calibration_histogram.rebin)
    binary_confusion_matrices._histogram_to_binary_confusion_matrices = _summed(  # noqa: SLF001
        binary_confusion_matrices._histogram_to_binary_confusion_matrices  # noqa: SLF001
    )


@functools.lru_cache(16)
def _empty(number: int) -> tuple[Bucket, ...]:
    """Buckets that nothing is in; who reads a histogram does not change it."""
    return tuple(Bucket(index, 0.0, 0.0, 0.0) for index in range(number))


def _rebinned(rebin: Callable[..., Histogram]) -> Callable[..., Histogram]:
    @functools.wraps(rebin)
    def rebinned(
        thresholds: list[float],
        histogram: Histogram,
        num_buckets: int = calibration_histogram.DEFAULT_NUM_BUCKETS,
        left: float = 0.0,
        right: float = 1.0,
    ) -> Histogram:
        if not all(map(operator.le, thresholds, itertools.islice(thresholds, 1, None))):
            return rebin(thresholds, histogram, num_buckets, left, right)
        buckets = list(_empty(len(thresholds)))
        offset, filled = 0, -1
        for bucket in histogram:
            if bucket.bucket_id == 0:
                value = float("-inf")
            elif bucket.bucket_id >= num_buckets + 1:
                value = float("inf")
            else:
                value = (bucket.bucket_id - 1) / num_buckets * (right - left) + left
            offset = bisect.bisect_right(thresholds, value, min(offset + 1, len(thresholds))) - 1
            if offset != filled:
                filled = offset
                buckets[offset] = Bucket(offset, 0.0, 0.0, 0.0)
            total = buckets[offset]
            total.weighted_labels += bucket.weighted_labels
            total.weighted_predictions += bucket.weighted_predictions
            total.weighted_examples += bucket.weighted_examples
        return buckets

    return rebinned


def _summed(convert: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(convert)
    def summed(thresholds: list[float], histogram: Histogram) -> Any:
        positive = [bucket.weighted_labels for bucket in histogram]
        negative = [bucket.weighted_examples - bucket.weighted_labels for bucket in histogram]
        first = 1 if (thresholds[0] >= 0 or len(thresholds) == 1) and len(histogram) > 1 else 0
        tp, fp, tn, fn = (
            sums[first : first + len(thresholds)]
            for sums in (_from(positive), _from(negative), _before(negative), _before(positive))
        )
        above = 1.0 + binary_confusion_matrices._EPSILON  # noqa: SLF001
        for index, threshold in enumerate(thresholds):
            if threshold >= above:
                tp[index] = fp[index] = 0.0
                fn[index], tn[index] = tp[0], fp[0]
        return binary_confusion_matrices.Matrices(thresholds, tp, tn, fp, fn)

    return summed


def _from(values: Sequence[float]) -> list[float]:
    """The sum of each and those after it, added from the end."""
    return list(itertools.accumulate(reversed(values)))[::-1]


def _before(values: Sequence[float]) -> list[float]:
    """The sum of those before each."""
    return list(itertools.accumulate(values[:-1], initial=0.0))
