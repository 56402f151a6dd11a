"""The metric over the training steps with its intervals, as a picture by matplotlib."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from checkpoint_sweep.common.errors import UserError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Told apart by people who confuse red and green too, and in both themes.
_LINE, _CHOSEN, _LEFT_OUT = "#0072b2", "#d55e00", "#777777"


class PlotError(UserError):
    """Nothing can be drawn; the message says what to do."""


def plot_verdicts(
    verdicts: Sequence[Mapping[str, Any]],
    selection: Mapping[str, Any],
    chosen: str | None,
    axes: "Axes | None" = None,
) -> "Axes":
    """A line over the checkpoints, a band for the intervals; the chosen and the best marked.

    Averages, which are of no one step, are left out.

    Args:
        verdicts: on the candidates of a sweep, as `verdicts.json` has them.
        selection: by which, as `verdicts.json` has it.
        chosen: name of the chosen; None when none is.
        axes: to draw on; those of a new figure if None.

    Returns:
        What was drawn on.

    Raises:
        PlotError: matplotlib is not installed.
    """
    axes = axes or _new()
    shown = [v for v in verdicts if v.get("averaged") is None and v["value"] is not None]
    steps = [verdict["step"] for verdict in shown]
    axes.plot(steps, [verdict["value"] for verdict in shown], color=_LINE, linewidth=1)
    bounds = [verdict.get("interval") or (math.nan, math.nan) for verdict in shown]
    if any(low == low for low, _ in bounds):
        label = f"interval at {selection.get('level', 0.95):.0%}"
        lows, highs = zip(*bounds, strict=True)
        axes.fill_between(steps, lows, highs, color=_LINE, alpha=0.2, label=label)
    for which, look in (
        ([v for v in shown if v.get("in_best_set")], _look("o", _LINE, "among the best")),
        ([v for v in shown if not v["eligible"]], _look("x", _LEFT_OUT, "not eligible")),
        ([v for v in shown if v["name"] == chosen], _look("*", _CHOSEN, "chosen") | {"s": 220}),
    ):
        if which:
            values = [verdict["value"] for verdict in which]
            axes.scatter([verdict["step"] for verdict in which], values, zorder=3, **look)
    better = "higher" if selection["direction"] == "HIGHER_IS_BETTER" else "lower"
    axes.set(xlabel="training step", ylabel=f"{selection['metric']} ({better} is better)")
    if axes.get_legend_handles_labels()[0]:
        axes.legend()
    return axes


def _look(marker: str, color: str, label: str) -> dict[str, Any]:
    return {"marker": marker, "color": color, "label": label}


def _new() -> "Axes":
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotError(
            "A picture needs matplotlib, which is not installed: pip install matplotlib."
        ) from error
    return Figure(figsize=(9, 4), layout="constrained").subplots()
