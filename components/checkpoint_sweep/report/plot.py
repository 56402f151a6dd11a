"""The metric over the training steps with its intervals, as a picture by matplotlib."""

import math
from typing import TYPE_CHECKING, Any

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Told apart by people who confuse red and green too, and in both themes.
_LINE, _CHOSEN, _NOT_ELIGIBLE = "#0072b2", "#d55e00", "#777777"
_RUNS = (_LINE, "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#8c564b")


class PlotError(UserError):
    """Nothing can be drawn; the message says what to do."""


def plot_verdicts(found: SweepVerdicts, axes: "Axes | None" = None) -> "Axes":
    """Draws a line over the checkpoints, a band for the intervals; marks the chosen and the tied.

    Of several runs, each has a line and a band.

    Averages, which are of no one step, are omitted.

    Args:
        found: Verdicts of a sweep.
        axes: Axes to draw on; those of a new figure if None.

    Returns:
        The axes.

    Raises:
        PlotError: Matplotlib is not installed.
    """
    axes = axes or _new()
    values = {v.name: v.value for v in found.checkpoints if v.value is not None}
    shown = [verdict for verdict in found.checkpoints if verdict.name in values]
    label: str | None = f"{found.selection.level:.0%} confidence interval"
    for number, run in enumerate(dict.fromkeys(verdict.run for verdict in shown)):
        own = [verdict for verdict in shown if verdict.run == run]
        steps, color = [verdict.step for verdict in own], _RUNS[number % len(_RUNS)]
        line = [values[verdict.name] for verdict in own]
        axes.plot(steps, line, color=color, linewidth=1, label=run)
        bounds = [verdict.interval or (math.nan, math.nan) for verdict in own]
        if any(low == low for low, _ in bounds):
            lows, highs = zip(*bounds, strict=True)
            axes.fill_between(steps, lows, highs, color=color, alpha=0.2, label=label)
            label = None  # Once for all.
    for which, look in (
        ([v for v in shown if v.in_best_set], _look("o", _LINE, "tied with the best")),
        ([v for v in shown if not v.eligible], _look("x", _NOT_ELIGIBLE, "did not pass")),
        ([v for v in shown if v.name == found.chosen], _look("*", _CHOSEN, "chosen") | {"s": 220}),
    ):
        if which:
            steps = [verdict.step for verdict in which]
            axes.scatter(steps, [values[v.name] for v in which], zorder=3, **look)
    selection = found.selection
    better = f"{selection.direction.word} is better"
    axes.set(xlabel="training step", ylabel=f"{selection.metric_name} ({better})")
    if axes.get_legend_handles_labels()[0]:
        axes.legend()
    return axes


def _look(marker: str, color: str, label: str) -> dict[str, Any]:
    return {"marker": marker, "color": color, "label": label}


def _new() -> "Axes":
    try:
        from checkpoint_sweep.report.figure import new_axes

        return new_axes()
    except ImportError as error:
        raise PlotError(
            "A picture needs matplotlib, which is not installed: pip install matplotlib."
        ) from error
