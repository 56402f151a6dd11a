"""Standard errors and intervals of metrics and of their differences."""

import dataclasses
import math

from scipy import special  # Not stats, whose import takes as long as all else of this package.

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
        interval: of the value; None without a standard error.
        examples: number of examples.
        buckets: number of buckets with examples, one more than the degrees of freedom.
        caution: why the interval is not to be trusted, or why there is none; None if it is.
    """

    value: float
    standard_error: float | None
    interval: tuple[float, float] | None
    examples: int
    buckets: int
    caution: str | None = None

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.interval is None else self.value - self.interval[0]

    def margin(self, level: float) -> float | None:
        """How far a one-sided bound at ``level`` is from the value."""
        if self.standard_error is None:
            return None
        return float(special.stdtrit(self.buckets - 1, level)) * self.standard_error


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
        return Estimate(replicates.value, None, None, examples, 0, caution)
    error = math.sqrt(float(influences @ influences))
    half = float(special.stdtrit(influences.size - 1, (1 + level) / 2)) * error
    value = replicates.value
    interval = (value - half, value + half)
    return Estimate(value, error, interval, examples, influences.size, _caution(replicates))


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
