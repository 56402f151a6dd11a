"""The differences of metrics between two models, and whether they are significant."""

import dataclasses

from checkpoint_sweep.common.json_safe import finite_or_none
from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.replicates import Replicates


@dataclasses.dataclass(frozen=True)
class Compared:
    """One metric on one slice, of two models.

    Attributes:
        slice: Name of the slice.
        metric: Name of the metric.
        first: First value; None if it is not finite.
        second: Second value; None if it is not finite.
        difference: Second value less the first; None if one is not finite.
        interval: Interval of the difference; None where it is not known.
        significant: Whether the interval leaves 0 out; None without one.
        better: Whether the second is better; None where the direction is not known, or there is
            no difference.
        caution: Why the interval is not to be trusted; None if it is.
    """

    slice: SliceName
    metric: MetricName
    first: float | None
    second: float | None
    difference: float | None
    interval: tuple[float, float] | None = None
    significant: bool | None = None
    better: bool | None = None
    caution: str | None = None


def compare_values(
    key: tuple[SliceName, MetricName],
    values: tuple[float, float],
    replicates: tuple[Replicates | None, Replicates | None],
    direction: Direction | None,
    level: float,
) -> Compared:
    """Compares two values.

    Args:
        key: Names of the slice and of the metric.
        values: First and second value.
        replicates: Replicates of both; None where they are not known, or not of the same examples.
        direction: Direction of the metric; None if it is not known.
        level: Level of the interval.
    """
    first, second = map(finite_or_none, values)
    if first is None or second is None:
        return Compared(*key, first, second, None)
    difference = second - first
    better = direction.loss(difference) < 0 if direction and difference != 0 else None
    compared = Compared(*key, first, second, difference, better=better)
    first_replicates, second_replicates = replicates
    if (
        first_replicates is None
        or second_replicates is None
        or first_replicates.examples != second_replicates.examples
    ):
        return compared
    known = estimate(second_replicates.minus(first_replicates), level)
    if known.interval is None:
        return dataclasses.replace(compared, caution=known.caution)
    low, high = known.interval
    return dataclasses.replace(
        compared,
        interval=known.interval,
        significant=not low <= 0 <= high,
        caution=known.caution,
    )
