"""What a choice is made by, where that is made of several metrics or slices."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.common.text import some
from checkpoint_sweep.selection.across import Across, Combine, title
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.decision import NO_VALUE
from checkpoint_sweep.selection.formula import Formula
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.replicates import Array, Replicates

Values = Mapping[SliceName, Mapping[MetricName, float]]
Found = Mapping[tuple[SliceName, MetricName], Replicates]

# In benchmarks/STUDY.md the worst of two equal slices is as good as its interval says, of five not.
_MANY = 4
_NEAR = 2.0  # Standard errors of the difference of two slices.


@dataclasses.dataclass(frozen=True)
class Statistic:
    """A function of metrics on slices, computed anew without each fold of the examples.

    The standard error is the jackknife's of this very function, not one put together of those of
    its parts: what the parts' errors have in common is in it.

    Attributes:
        formula: Formula of the metrics on each slice.
        metrics: Names of the metrics that are read: its own, and that which weighs slices.
        slice: Slice that the formula is read on; of no meaning with `across`.
        across: Slices whose values are combined; None for the one slice.
        direction: Direction of the statistic, by which the worst slice is found; None where that
            is not needed.
    """

    formula: Formula
    metrics: tuple[str, ...]
    slice: SliceName
    across: Across | None
    direction: Direction | None

    @property
    def is_one_metric(self) -> bool:
        """Whether it is one metric on one slice, with all that is known of this."""
        return self.across is None and self.formula.is_one_metric

    def __str__(self) -> str:
        return title(self.formula, self.across)

    def slices(self, known: Mapping[SliceName, object] | Sequence[SliceName]) -> list[SliceName]:
        """Selects the slices that are read, of those of an evaluation."""
        return self.across.of(known) if self.across else [self.slice]

    def value(
        self, values: Values, rarer_labels: Mapping[SliceName, int]
    ) -> tuple[float | None, str | None]:
        """Computes the value.

        Args:
            values: Values by slice and metric.
            rarer_labels: Number of examples with the rarer of two labels by slice, where known.

        Returns:
            The value, and None; or None, and why there is none. The value of a single metric is as
            it was computed, finite or not.
        """
        parts: dict[tuple[SliceName, str], Array] = {}
        undefined = []
        slices = self.slices(values)
        for name in slices:
            by_text = {str(metric): value for metric, value in values.get(name, {}).items()}
            if self.is_one_metric:
                return by_text.get(self.metrics[0]), None
            for metric in self.metrics:
                value = by_text.get(metric, math.nan)
                parts[name, metric] = np.array(value)
                if not math.isfinite(value):
                    one = rarer_labels.get(name) == 0
                    why = ", whose examples all have the same label" if one else ""
                    undefined.append(f"{metric} on {name}{why}")
        if undefined:
            return None, f"{NO_VALUE} has no value: there is none of {some(undefined, 2)}"
        return float(self._of(parts, slices)), None

    def replicates(self, found: Found) -> Replicates | None:
        """Computes it without each fold; None where a metric has no replicates.

        Args:
            found: Replicates of the metrics by slice.
        """
        by_text = {(name, str(metric)): part for (name, metric), part in found.items()}
        slices = self.slices([name for name, _ in by_text])
        keys = [(name, metric) for name in slices for metric in self.metrics]
        if not keys or any(key not in by_text for key in keys):
            return None
        if self.is_one_metric:
            return by_text[keys[0]]
        parts = {key: _row(by_text[key]) for key in keys}
        computed = self._of(parts, slices)
        sizes = [by_text[name, self.metrics[0]].examples for name in slices]
        examples = tuple(int(size) for size in np.sum(sizes, axis=0))
        own = by_text[keys[0]]
        cautions = [_caution(*key, by_text[key]) for key in keys]
        return Replicates(
            float(computed[0]),
            tuple(computed[1:].tolist()),
            examples,
            obstacle=_first(says for says, without in cautions if without),
            bounds=own.bounds if self.formula.is_one_metric else None,
            caution=_first(
                [*(says for says, _ in cautions), self._equally_bad(parts, slices, examples)]
            ),
            cluster_key=own.cluster_key,
        )

    def _equally_bad(
        self,
        parts: Mapping[tuple[SliceName, str], Array],
        slices: Sequence[SliceName],
        examples: tuple[int, ...],
    ) -> str | None:
        """Says that chance decides which of many slices is the worst; None if it does not."""
        if self.across is None or self.across.combine is not Combine.WORST:
            return None
        rows = self._rows(parts, slices)
        worst = rows[rows[:, 0] == _combined(self.across, rows[:, :1], None, self.direction)][0]
        count = 0
        for row in rows - worst:
            known = estimate(Replicates(float(row[0]), tuple(row[1:].tolist()), examples))
            count += abs(known.value) <= _NEAR * (known.standard_error or 0)
        if count < _MANY:
            return None
        return f"{count} slices are about as bad, so that the worst looks worse than it is"

    def _of(
        self, parts: Mapping[tuple[SliceName, str], Array], slices: Sequence[SliceName]
    ) -> Array:
        rows = self._rows(parts, slices)
        if self.across is None:
            return rows[0]
        by = self.across.weights
        weights = np.array([parts[name, by] for name in slices]) if isinstance(by, str) else None
        return _combined(self.across, rows, weights, self.direction)

    def _rows(
        self, parts: Mapping[tuple[SliceName, str], Array], slices: Sequence[SliceName]
    ) -> Array:
        """Computes the formula on each slice, (slices, ...)."""
        names = self.formula.names
        of_slices = [{metric: parts[name, metric] for metric in names} for name in slices]
        return np.array([self.formula.of(values) for values in of_slices])


def _combined(
    across: Across, values: Array, weights: Array | None, direction: Direction | None
) -> Array:
    """Combines the values of the slices, (slices, ...) to (...).

    Args:
        across: What they come to.
        values: Values of each slice.
        weights: Values of the metric that weighs, of the same shape; None without one.
        direction: Direction of the values; None only for a mean.
    """
    if across.combine is Combine.WORST:
        assert direction is not None
        lower = direction is Direction.HIGHER_IS_BETTER
        return np.asarray(values.min(axis=0) if lower else values.max(axis=0))
    if weights is None:
        given = across.weights or (1.0,) * len(values)
        weights = np.array(given).reshape(-1, *[1] * (values.ndim - 1))
    with np.errstate(all="ignore"):
        return np.asarray((weights * values).sum(axis=0) / weights.sum(axis=0))


def _row(part: Replicates) -> Array:
    """Returns the value, and those without each fold: without an empty one it is the value."""
    left_out = np.array(part.left_out)
    return np.array([part.value, *np.where(np.array(part.examples) > 0, left_out, part.value)])


def _caution(name: SliceName, metric: str, part: Replicates) -> tuple[str | None, bool]:
    """Returns the caution of a part, and whether it has no standard error."""
    known = estimate(part)
    says = known.caution and f"{metric} on {name}: {known.caution}"
    return says, known.standard_error is None


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text), None)
