"""A metric of one's own: the share of examples whose error is large."""

import dataclasses
import math

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from checkpoint_sweep.metrics import BatchMetric, Formula


@dataclasses.dataclass(frozen=True)
class _LargeErrors(Formula):
    above: float
    fields = ("large", "weight")

    def terms(self, label, prediction, weight):  # arrays (models, examples, values)
        return (np.abs(label - prediction) > self.above) * weight, weight

    def value(self, buckets, totals):  # (rows, fields)
        large, weight = totals.sum(axis=0)
        return large / weight if weight else math.nan


class ShareOfLargeErrors(BatchMetric):
    """``|{|y - p| > above}| / n``."""

    def __init__(self, above=1.0, name="share_of_large_errors"):
        super().__init__(_LargeErrors(above), name, above=above)


metric_types.register_metric(ShareOfLargeErrors)
