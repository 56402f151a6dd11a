"""Standard errors and intervals of metrics and of their differences."""

import dataclasses
import functools
import math

import numpy as np
from scipy import special  # Not stats, whose import takes as long as all else of this package.

from checkpoint_sweep.selection.criteria import LEVEL
from checkpoint_sweep.selection.formatting import half_width
from checkpoint_sweep.selection.replicates import Array, Replicates

# Below these an interval is not to be trusted. In benchmarks/STUDY.md 100 examples of 20 buckets
# suffice if both labels are frequent; and of intervals that are as good as they say, one in a
# hundred has less than 3.5 effective buckets, of those from 20 positives two in five.
FEW_EXAMPLES_PER_BUCKET = 5
FEW_BUCKETS = 3.5
# From some 50 to 70 on, intervals of AUC are as good as they say.
FEW_OF_THE_RARER_LABEL = 50
# The variance of the buckets' sizes beside that of chance. Of independent examples it is above 3
# once in 100,000 evaluations; where each is there so many times, or has so many in its cluster, it
# is so many.
_UNEVEN = 3.0
_ROUNDING = 1e-12  # Relative to a value: what varies less does not vary.


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A value and how far it can be trusted.

    Attributes:
        value: Value on all examples.
        standard_error: Standard error of the value; None where the examples do not tell it.
        interval: Interval of the value, within the metric's range; None without a standard error.
        examples: Number of examples.
        buckets: Number of buckets with examples, one more than the degrees of freedom.
        caution: Why the interval is not to be trusted, or why there is none; None if it is.
    """

    value: float
    standard_error: float | None
    interval: tuple[float, float] | None
    examples: int
    buckets: int
    caution: str | None = None

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval, as of one that is not cut; None without one."""
        return half_width(self.value, self.interval)

    def margin(self, level: float) -> float | None:
        """Returns how far a one-sided bound at ``level`` is from the value; None where unknown."""
        if self.standard_error is None:
            return None
        return _student(level, self.buckets - 1) * self.standard_error


def estimate(replicates: Replicates, level: float = LEVEL) -> Estimate:
    """Estimates the standard error by the jackknife, and an interval by Student's t.

    Args:
        replicates: Replicates of a metric, or of a difference of two.
        level: Probability with which the interval holds the truth.
    """
    influences = replicates.influences()
    examples = replicates.total
    if influences is None:
        rarer = replicates.rarer_label
        few = rarer is not None and rarer < FEW_OF_THE_RARER_LABEL
        what = (
            f"{rarer:,} of the rarer class among {examples:,} examples"
            if few
            else (f"{examples:,} examples")
        )
        alike = f"{what} are too few, or too similar, to estimate its error"
        if replicates.cluster_key is not None:
            alike = (
                f"{what} are of too few clusters ({replicates.cluster_key}), or too similar, to "
            )
            alike += "estimate its error"
        why = replicates.obstacle or alike
        return Estimate(replicates.value, None, None, examples, 0, why)
    error = math.sqrt(float(influences @ influences))
    half = _student((1 + level) / 2, influences.size - 1) * error
    value = replicates.value
    interval = within((value - half, value + half), replicates.bounds)
    caution = _caution_reason(replicates, influences)
    return Estimate(value, error, interval, examples, influences.size, caution)


def within(
    interval: tuple[float, float], bounds: tuple[float, float] | None
) -> tuple[float, float]:
    """Cuts an interval at the range of a metric.

    Args:
        interval: Interval of a value.
        bounds: Smallest and largest value of the metric; None where not known.
    """
    if bounds is None:
        return interval
    return max(interval[0], bounds[0]), min(interval[1], bounds[1])


@functools.cache
def _student(probability: float, degrees_of_freedom: int) -> float:
    """Returns a quantile of Student's t."""
    return float(special.stdtrit(degrees_of_freedom, probability))


def _caution_reason(replicates: Replicates, influences: Array) -> str | None:
    """Says why an interval is not to be trusted; None if it is."""
    if replicates.caution is not None:
        return replicates.caution
    if replicates.between_thresholds is not None:
        return (
            f"at least {replicates.between_thresholds:.0%} of positives and of negatives lie "
            "between the same two thresholds and count as ties: RankAUC and "
            "RankAUCPrecisionRecall of checkpoint_sweep.metrics compare them exactly"
        )
    buckets = len(replicates.examples)
    sizes = np.asarray(replicates.examples, np.float64)
    uneven = float(sizes.var(ddof=1) / sizes.mean())
    clusters = replicates.total / max(uneven, 1.0)
    if replicates.cluster_key is not None and clusters < FEW_EXAMPLES_PER_BUCKET * buckets:
        return (
            f"its {replicates.total:,} examples count as some {clusters:,.0f} clusters "
            f"({replicates.cluster_key}): its interval is approximate"
        )
    if replicates.total < FEW_EXAMPLES_PER_BUCKET * buckets:
        return f"only {replicates.total:,} examples: its interval is approximate"
    if replicates.rarer_label is not None and replicates.rarer_label < FEW_OF_THE_RARER_LABEL:
        return (
            f"only {replicates.rarer_label:,} examples of the rarer class: its interval is "
            "approximate"
        )
    if replicates.cluster_key is None and uneven > _UNEVEN:
        return (
            f"many examples are equal, as if {replicates.total / uneven:,.0f} were distinct, and "
            "equal ones count as one: its interval is too wide"
        )
    squares = influences**2
    variance = float(squares.sum())
    if math.sqrt(variance) <= _ROUNDING * abs(replicates.value):
        # As of an F1 of 0, or an accuracy of 1: more examples would tell it from that.
        return "it is the same without any part of the examples: its interval is approximate"
    if variance**2 / float((squares**2).sum()) < FEW_BUCKETS:
        return "a few examples dominate its value: its interval is approximate"
    return None
