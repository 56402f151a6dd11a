"""The thresholds of an evaluation config: what they bound, and how sentences say it."""

import dataclasses
import enum
import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.selection.formatting import plain

if TYPE_CHECKING:  # What prints thresholds need not wait for TFMA.
    from tensorflow_model_analysis.proto import config_pb2

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_CHANGE_LIMIT = re.compile(rf"(absolute|relative) value: ({_NUMBER.pattern})")


class BoundKind(enum.Enum):
    """Says what a bound bounds; the values are the keys of reports."""

    LOWER = "lower"
    UPPER = "upper"
    ABSOLUTE_CHANGE = "absolute"
    RELATIVE_CHANGE = "relative"


@dataclasses.dataclass(frozen=True)
class Bound:
    """One bound of a threshold.

    >>> str(Bound(BoundKind.ABSOLUTE_CHANGE, -0.01, is_lower=True))
    'change against the baseline at least -0.01'

    Attributes:
        kind: Whether the value is bound from below or from above, or its change against the
            baseline.
        limit: Smallest or largest value that meets it; a share of the baseline's for a relative
            change.
        is_lower: Whether `limit` is the smallest value that meets it, not the largest.
    """

    kind: BoundKind
    limit: float
    is_lower: bool

    @property
    def word(self) -> str:
        """On which side of the limit values meet it."""
        return "at least" if self.is_lower else "at most"

    def __str__(self) -> str:
        if self.kind is BoundKind.ABSOLUTE_CHANGE:
            return f"change against the baseline {self.word} {self.limit:+g}"
        if self.kind is BoundKind.RELATIVE_CHANGE:
            return f"change against the baseline {self.word} {100 * self.limit:+g}%"
        return f"{self.word} {self.limit:g}"

    def is_missed_by(self, value: float) -> bool:
        """Returns whether a value, or an absolute change, is beyond the limit; NaN is not."""
        return value < self.limit if self.is_lower else value > self.limit

    def as_absolute(self, baseline: float | None) -> "Bound | None":
        """Turns a bound of a relative change into one of an absolute change.

        Args:
            baseline: Value of the baseline; None without one.

        Returns:
            The bound itself if it is of no relative change; None where nothing can be relative to
            the baseline, because there is none, or it is 0.
        """
        if self.kind is not BoundKind.RELATIVE_CHANGE:
            return self
        if not baseline:
            return None
        # A ratio to what is negative is large where the change is small.
        is_lower = self.is_lower == (baseline > 0)
        return Bound(BoundKind.ABSOLUTE_CHANGE, self.limit * baseline, is_lower)


@dataclasses.dataclass(frozen=True)
class Threshold:
    """One threshold of a metric, as an evaluation config has it.

    Attributes:
        metric: Name of the metric.
        model_name: Name of the model spec; "" for the only one.
        slicing: Spec of the slices (`SlicingSpec`), or of the pairs of slices
            (`CrossSlicingSpec`), that it holds on; None for every slice.
        is_of_cross_slices: Whether it holds on pairs of slices.
        is_change: Whether it bounds changes against the baseline, not values.
        bounds: Bounds, none if the config has a threshold without any.
    """

    metric: MetricName
    model_name: str
    slicing: Any
    is_of_cross_slices: bool
    is_change: bool
    bounds: tuple[Bound, ...]

    @property
    def features(self) -> dict[str, str | None]:
        """Feature values of its slices, None for any value; empty for all and for cross slices."""
        if self.slicing is None or self.is_of_cross_slices:
            return {}
        fixed = {feature: str(value) for feature, value in self.slicing.feature_values.items()}
        return {**dict.fromkeys(self.slicing.feature_keys), **fixed}


def read_thresholds(eval_config: "config_pb2.EvalConfig") -> list[Threshold]:
    """Reads the thresholds of all metrics, in the order of TFMA.

    Args:
        eval_config: Evaluation config with its defaults filled in.
    """
    from tensorflow_model_analysis.proto import config_pb2

    from checkpoint_sweep.common.eval_config import thresholds_of
    from checkpoint_sweep.selection.metric_lookup import metric_name, names_computed_both_ways

    both = names_computed_both_ways(eval_config)
    return [
        Threshold(
            metric_name(key, both),
            key.model_name or "",
            slicing,
            isinstance(slicing, config_pb2.CrossSlicingSpec),
            isinstance(threshold, config_pb2.GenericChangeThreshold),
            tuple(_bounds(threshold)),
        )
        for key, entries in thresholds_of(eval_config).items()
        for slicing, threshold in entries
    ]


def _bounds(threshold: Any) -> Iterator[Bound]:
    """Yields the bounds of a `GenericValueThreshold` or a `GenericChangeThreshold`."""
    from tensorflow_model_analysis.proto import config_pb2

    if isinstance(threshold, config_pb2.GenericValueThreshold):
        if threshold.HasField("lower_bound"):
            yield Bound(BoundKind.LOWER, threshold.lower_bound.value, is_lower=True)
        if threshold.HasField("upper_bound"):
            yield Bound(BoundKind.UPPER, threshold.upper_bound.value, is_lower=False)
        return
    is_lower = threshold.direction == config_pb2.MetricDirection.HIGHER_IS_BETTER
    if threshold.HasField("absolute"):
        yield Bound(BoundKind.ABSOLUTE_CHANGE, threshold.absolute.value, is_lower)
    if threshold.HasField("relative"):
        yield Bound(BoundKind.RELATIVE_CHANGE, threshold.relative.value, is_lower)


def describe_thresholds(eval_config: "config_pb2.EvalConfig") -> list[str]:
    """Says what is demanded: a line for each bound of a metric on a slice; cross slices aside.

    Args:
        eval_config: Evaluation config with its defaults filled in.
    """
    lines = [
        f"{threshold.metric} {bound} on {_slices_in_words(threshold)}"
        for threshold in read_thresholds(eval_config)
        if not threshold.is_of_cross_slices
        for bound in threshold.bounds
    ]
    return sorted(dict.fromkeys(lines))


def _slices_in_words(threshold: Threshold) -> str:
    if threshold.slicing is None:
        return "every slice"
    any_value = [feature for feature, value in threshold.features.items() if value is None]
    fixed = sorted(item for item in threshold.features.items() if item[1] is not None)
    parts = [f"every {feature}" for feature in any_value]
    return ", ".join([*parts, *(f"{key}={value}" for key, value in fixed)]) or "all examples"


def describe_missed(
    metric: str, value: float | None, slice_name: str, is_change: bool, threshold: str
) -> str:
    """Says that a value does not meet a threshold.

    >>> describe_missed("auc", 0.7, "", False, "lower_bound value: 0.85")
    'auc 0.7 is below the threshold 0.85'

    Args:
        metric: Name of the metric.
        value: Value, or change against the baseline; None if it was not computed.
        slice_name: Name of the slice; "" for all examples.
        is_change: Whether a change against the baseline is bound.
        threshold: Threshold, as the config has it.
    """
    what = f"{'change of ' if is_change else ''}{metric}"
    needed = _needed_change(threshold) if is_change else _needed_value(threshold)
    if value is None:
        return f"{what}{_on(slice_name)} was not computed ({needed})"
    if math.isnan(value):
        return f"{what}{_on(slice_name)} has no value ({needed})"
    limits = [float(limit) for limit in _NUMBER.findall(threshold)]
    reached = f"{what} {plain(value, limits)}{_on(slice_name)}"
    if not is_change and len(limits) == 1:
        sides = ("below", "not above") if "lower_bound" in threshold else ("above", "not below")
        return f"{reached} is {sides[value == limits[0]]} the threshold {limits[0]:g}"
    return f"{reached} misses the threshold ({needed})"


def _needed_value(threshold: str) -> str:
    needed = threshold.replace("lower_bound value:", "needs at least")
    return needed.replace("upper_bound value:", "needs at most")


def _needed_change(threshold: str) -> str:
    word = "at most" if "LOWER_IS_BETTER" in threshold else "at least"
    limits = [
        f"{word} {float(limit):+g}" if kind == "absolute" else f"{word} {100 * float(limit):+g}%"
        for kind, limit in _CHANGE_LIMIT.findall(threshold)
    ]
    return f"needs {' and '.join(limits) or 'no change for the worse'}"


def describe_unsure(
    what: str, value: float, reached: float, bound: Bound, level: float, caution: str | None
) -> str:
    """Says that a value meets a bound, but not surely.

    Args:
        what: Metric and slice, as `name_bound_value` gives them.
        value: Value, or change against the baseline.
        reached: Bound that the value surely reaches.
        bound: Bound of the value, or of the absolute change.
        level: Level of that.
        caution: Why `reached` is not to be trusted; None if it is.
    """
    few = f"; {caution}" if caution else ""
    return (
        f"{what} {plain(value)}: {bound.word} {plain(reached, [bound.limit])} with {level:.0%} "
        f"confidence (needs {bound.word} {bound.limit:g}{few})"
    )


def name_bound_value(metric: str, slice_name: str, is_change: bool) -> str:
    """Names what a threshold bounds: a metric, or its change, on a slice.

    Args:
        metric: Name of the metric.
        slice_name: Name of the slice; "" for all examples.
        is_change: Whether the change against the baseline is bound.
    """
    return f"{'change of ' if is_change else ''}{metric}{_on(slice_name)}"


def _on(slice_name: str) -> str:
    return f" on {slice_name}" if slice_name else ""


def describe_limits(
    metric: str, slices: Mapping[str, str | None], is_change: bool, limits: Mapping[str, float]
) -> str:
    """Says what a threshold of a report demands, in a line.

    Args:
        metric: Name of the metric.
        slices: Feature values of the slices; None for any value.
        is_change: Whether changes against the baseline are bound.
        limits: Limits by the keys of a report: lower, upper, absolute, relative.
    """
    on = ", ".join(
        f"{feature}={value}" if value is not None else f"each {feature}"
        for feature, value in slices.items()
    )
    words = {
        "lower": "at least",
        "upper": "at most",
        "absolute": "by at most",
        "relative": "by a share of at most",
    }
    bounds = [f"{words[key]} {limits[key]:g}" for key in words if key in limits]
    what = f"change of {metric} against the baseline" if is_change else metric
    return f"{what} on {on or 'all examples'}: {' and '.join(bounds) or 'no worse'}"
