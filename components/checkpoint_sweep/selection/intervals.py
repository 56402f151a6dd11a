"""Standard errors and intervals of metrics and of their differences."""

import dataclasses
import math

import numpy as np
from scipy import stats

from checkpoint_sweep.selection.replicates import Replicates

LEVEL = 0.95
# Below these an interval is not to be trusted, see benchmarks/STUDY.md.
FEW_EXAMPLES_PER_BUCKET = 20
FEW_BUCKETS = 4.0


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A value and how far it can be trusted.

    Attributes:
        value: of all examples.
        standard_error: of the value; None where the examples do not tell it.
        low: lower end of the interval; None without a standard error.
        high: upper end of the interval; None without a standard error.
        examples: number of examples.
        caution: why the interval is not to be trusted, or why there is none; None if it is.
    """

    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    examples: int
    caution: str | None = None

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None else self.value - self.low

    def bound(self, level: float = LEVEL, buckets: int = 20) -> float | None:
        """What is added to, or taken from, the value for a one-sided bound at ``level``."""
        if self.standard_error is None:
            return None
        return float(stats.t.ppf(level, buckets - 1)) * self.standard_error


def estimate(replicates: Replicates, level: float = LEVEL) -> Estimate:
    """The standard error by the jackknife, and an interval by Student's t.

    Args:
        replicates: of a metric, or of a difference of two.
        level: probability with which the interval holds the truth.
    """
    influences = replicates.influences()
    examples = replicates.total
    if influences is None:
        caution = f"{examples:,} examples are too few, or too much alike, to tell its error"
        return Estimate(replicates.value, None, None, None, examples, caution)
    error = math.sqrt(float(influences @ influences))
    half = float(stats.t.ppf((1 + level) / 2, influences.size - 1)) * error
    value = replicates.value
    return Estimate(value, error, value - half, value + half, examples, _caution(replicates))


def _caution(replicates: Replicates) -> str | None:
    """Why an interval is not to be trusted; None if it is."""
    buckets = len(replicates.examples)
    if replicates.total < FEW_EXAMPLES_PER_BUCKET * buckets:
        return f"{replicates.total:,} examples are few: its interval is a rough guess"
    influences = replicates.influences()
    if influences is None:
        return None
    squares = influences**2
    if squares.sum() > 0 and squares.sum() ** 2 / (squares**2).sum() < FEW_BUCKETS:
        return "a few examples decide over its value: its interval is a rough guess"
    return None


def relative(values: np.ndarray, reference: float) -> np.ndarray:
    """Values as shares of a reference."""
    return values / abs(reference) if reference else np.full_like(values, np.nan)
