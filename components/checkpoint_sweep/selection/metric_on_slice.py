"""What a selection is made by: a metric or a formula of several, on one slice or across several."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from checkpoint_sweep.common.names import OVERALL, MetricName, SliceName, weighting
from checkpoint_sweep.selection.across import Across, title
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.formula import Formula, parse

if TYPE_CHECKING:  # What prints a selection need not wait for SciPy.
    from checkpoint_sweep.selection.statistic import Statistic


class MetricOnSlice:
    """The names that a selection's dataclass makes of its fields."""

    metric: str
    direction: Direction | None
    slice: Mapping[str, str | int | float]
    output_name: str
    sub_key: str
    weighted: bool | None
    across: Across | None

    @property
    def single_name(self) -> MetricName:
        """The metric with the output, the class and the weighting that it is of."""
        return MetricName(self.output_name, self.sub_key, self.metric, weighting(self.weighted))

    @property
    def formula(self) -> Formula:
        """The formula of metrics; that of one where only one is named."""
        return parse(self.metric) or Formula.of_metric(str(self.single_name))

    @property
    def is_composite(self) -> bool:
        """Whether the choice is made by more than one metric on one slice."""
        return self.across is not None or parse(self.metric) is not None

    @property
    def metric_name(self) -> MetricName:
        """The name of what decides: a metric, a formula, or either across slices."""
        if not self.is_composite:
            return self.single_name
        return MetricName("", "", title(self.formula, self.across))

    @property
    def slice_name(self) -> SliceName:
        """The slice; all examples where the choice is made across several."""
        return OVERALL if self.across else SliceName.of(self.slice.items())

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics that decide, that which weighs slices among them."""
        weights = self.across.weights if self.across else ()
        names = self.formula.names
        return (*names, weights) if isinstance(weights, str) else names

    @property
    def patterns(self) -> list[tuple[tuple[str, str | None], ...]]:
        """The features of each slice that decides, sorted, with values; None for any value."""
        return self.across.patterns if self.across else [tuple(self.slice_name)]

    @property
    def statistic(self) -> "Statistic":
        """The function of metrics and slices that decides."""
        from checkpoint_sweep.selection.statistic import Statistic

        return Statistic(self.formula, self.metrics, self.slice_name, self.across, self.direction)

    def __str__(self) -> str:
        on = f" on {self.slice_name}" if self.slice_name else ""
        return f"{self.metric_name}{on}"
