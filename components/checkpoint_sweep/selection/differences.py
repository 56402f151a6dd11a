"""How a metric of two models differs, and whether that is more than noise."""

import dataclasses
import math

from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.replicates import Replicates


@dataclasses.dataclass(frozen=True)
class Compared:
    """One metric on one slice.

    Attributes:
        slice: as it is shown.
        metric: in full.
        first: the first value; None if it is not finite.
        second: the second.
        difference: the second less the first; None if one is not finite.
        interval: of the difference; None where it is not known.
        beyond_noise: whether the interval leaves 0 out; None without one.
        better: whether the second is better; None where the direction is not known, or there is
            no difference.
        caution: why the interval is not to be trusted; None if it is.
    """

    slice: str
    metric: str
    first: float | None
    second: float | None
    difference: float | None
    interval: tuple[float, float] | None = None
    beyond_noise: bool | None = None
    better: bool | None = None
    caution: str | None = None


def compare_values(
    where: str,
    metric: str,
    values: tuple[float, float],
    replicates: tuple[Replicates | None, Replicates | None],
    higher_is_better: bool | None,
    level: float,
) -> Compared:
    """Compares two values.

    Args:
        where: the slice, as it is shown.
        metric: in full.
        values: the first and the second.
        replicates: of both; None where they are not known, or not of the same examples.
        higher_is_better: the direction of the metric; None if it is not known.
        level: of the interval.
    """
    first, second = (value if math.isfinite(value) else None for value in values)
    if first is None or second is None:
        return Compared(where, metric, first, second, None)
    difference = second - first
    better = None
    if higher_is_better is not None and difference != 0:
        better = (difference > 0) == higher_is_better
    compared = Compared(where, metric, first, second, difference, better=better)
    of_first, of_second = replicates
    if of_first is None or of_second is None or of_first.examples != of_second.examples:
        return compared
    known = estimate(of_second.minus(of_first), level)
    if known.interval is None:
        return dataclasses.replace(compared, caution=known.caution)
    low, high = known.interval
    return dataclasses.replace(
        compared,
        interval=known.interval,
        beyond_noise=not low <= 0 <= high,
        caution=known.caution,
    )
