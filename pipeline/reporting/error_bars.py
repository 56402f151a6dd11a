"""The metric over the training steps with its intervals, as a picture."""

from typing import Any

from pipeline.reporting.run_summary import Summary
from pipeline.reporting.verdict_table import verdict_table

# Told apart by people who confuse red and green too, and in both themes.
_LINE, _CHOSEN, _LEFT_OUT = "#0072b2", "#d55e00", "#777777"


def error_bars(run: Summary) -> Any:
    """A line over the checkpoints, a band for the intervals, and the chosen marked.

    Averages, which are of no one step, are left out.

    Returns:
        A matplotlib figure; a sentence where matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return "A picture of this table needs matplotlib: pip install matplotlib."
    assert run.sweep is not None
    of_checkpoint = [verdict.get("averaged") is None for verdict in run.checkpoints]
    table = verdict_table(run).assign(step=[verdict["step"] for verdict in run.checkpoints])
    metric, selection = str(table.columns[0]), run.sweep["selection"]
    table = table[of_checkpoint].dropna(subset=[metric])
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(table.step, table[metric], color=_LINE, linewidth=1)
    if table.low.notna().any():
        label = f"interval at {selection.get('level', 0.95):.0%}"
        axes.fill_between(table.step, table.low, table.high, color=_LINE, alpha=0.2, label=label)
    for where, look in (
        (table.in_best_set.eq(True), {"marker": "o", "color": _LINE, "label": "among the best"}),
        (~table.eligible, {"marker": "x", "color": _LEFT_OUT, "label": "not eligible"}),
        (table.chosen, {"marker": "*", "s": 220, "color": _CHOSEN, "label": "chosen"}),
    ):
        if where.any():
            axes.scatter(table.step[where], table[metric][where], zorder=3, **look)
    better = "higher" if selection["direction"] == "HIGHER_IS_BETTER" else "lower"
    axes.set(xlabel="training step", ylabel=f"{metric} ({better} is better)")
    axes.legend()
    return figure
