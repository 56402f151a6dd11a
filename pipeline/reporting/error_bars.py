"""The metric over the training steps with its intervals, for a notebook."""

from typing import Any

from checkpoint_sweep.report.plot import PlotError, plot_verdicts
from pipeline.reporting.run_summary import Summary


def error_bars(run: Summary) -> Any:
    """Draws a line over the checkpoints, a band for the intervals, and marks the chosen.

    Returns:
        A matplotlib figure; a sentence where matplotlib is not installed.
    """
    assert run.sweep is not None
    try:
        axes = plot_verdicts(run.sweep.decision)
    except PlotError as error:
        return str(error)
    return axes.figure
