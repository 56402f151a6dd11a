"""Writes a sweep's curves into its evaluation, where TensorBoard finds them."""

import html
import os
import time
from collections.abc import Iterator

import tensorflow as tf
from absl import logging

from checkpoint_sweep.common import ownership
from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.common.names import OVERALL
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.report.sweep_result import ReportError, SweepResult
from checkpoint_sweep.report.tensorboard.events import scalars, text, write_events
from checkpoint_sweep.report.tensorboard.pr_curves import read_pr_curves
from checkpoint_sweep.report.tensorboard.runs import MOST_SLICES, folder_name, make_runs
from checkpoint_sweep.selection.formatting import blessing_word
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict_table import row_cells

FOLDER = "tensorboard"
_CURVES = "curves of a sweep"
DECISION = "checkpoint_sweep/decision"
# Plots of many slices and thresholds are large, and all are read to find those of all examples.
MOST_BYTES_OF_PLOTS = 40_000_000


def write_tensorboard(swept: SweepResult, most_slices: int = MOST_SLICES) -> str:
    """Writes every metric at its checkpoint's step, the PR curves, and the decision as text.

    A run of all examples, one for each slice that is asked for, and one of all examples of each of
    the other splits; averages, which are of no one step, are omitted. Those of several training
    runs are in a folder for each. What was written before is replaced.

        write_tensorboard(read_sweep(evaluation.uri, blessing.uri), most_slices=200)

    Args:
        swept: Sweep.
        most_slices: Largest number of runs: all examples first, then the largest slices.

    Returns:
        The folder.

    Raises:
        ReportError: The folder is there, and is not of a sweep.
    """
    now = time.time()
    folder = os.path.join(swept.directory, FOLDER)
    with replacing(folder) as scratch:
        ownership.mark(scratch, _CURVES)
        for training in swept.runs or [None]:
            by_step = swept.metrics_by_step(training)
            parent = scratch if training is None else os.path.join(scratch, folder_name(training))
            for run in make_runs(by_step, most_slices, swept.rarer_labels, swept.kinds):
                summaries = [(step, scalars(values)) for step, values in run.points.items()]
                if run.name == folder_name(OVERALL):
                    summaries += _pr_curves(swept, training)
                    if swept.winner is None or swept.winner.run == training:
                        summaries += _decision(swept)
                write_events(os.path.join(parent, run.name), summaries, now)
            for split, of_split in swept.metrics_by_split(training).items():
                for run in make_runs(of_split, 1, kinds=swept.kinds):
                    summaries = [(step, scalars(values)) for step, values in run.points.items()]
                    write_events(os.path.join(parent, f"{run.name} ({split})"), summaries, now)
        if not ownership.remove(folder, _CURVES):
            raise ReportError(
                f"{folder} was not made by a sweep: no curves are written to it. Move it away."
            )
    return folder


def try_to_write(swept: SweepResult) -> None:
    """Writes the curves at the end of a sweep; a failure is a warning."""
    try:
        write_tensorboard(swept)
    except Exception as error:
        logging.warning(
            "The curves for TensorBoard are not written: %s. All else of the sweep is.",
            first_line(error),
            exc_info=True,
        )


def _decision(swept: SweepResult) -> Iterator[tuple[int, tf.compat.v1.Summary]]:
    """Yields what was decided, at the step that was chosen or, without one, at the last."""
    last = next((entry.step for entry in reversed(swept.evaluated)), None)
    step = last if swept.step is None else swept.step
    if step is not None:
        table = f"\n\n{_table(swept.decision)}" if swept.decision else ""
        yield step, text(DECISION, f"**{blessing_word(swept.blessed)}**: {swept.reason}{table}")


def _table(found: SweepVerdicts) -> str:
    """Renders the verdicts as a table in Markdown, in which what comes from the data is text."""
    heads = ("candidate", str(found.selection), "Δ vs. chosen", "verdict")
    rows = [(verdict.label, *row_cells(verdict, found)) for verdict in found.verdicts]
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(content: str) -> str:
    return html.escape(" ".join(content.split())).replace("|", "&#124;")


def _pr_curves(swept: SweepResult, run: str | None) -> list[tuple[int, tf.compat.v1.Summary]]:
    """Reads those of the chosen, then of the last and those before, as far as the budget goes."""
    budget, curves = MOST_BYTES_OF_PLOTS, []
    for entry in sorted(swept.checkpoints_of(run), key=lambda e: (e.name != swept.chosen, -e.step)):
        directory = swept.results_of(entry.name)
        budget -= _bytes_of_plots(directory)
        if budget < 0:
            break
        curves += [(entry.step, c) for c in read_pr_curves(directory, swept.model_name)]
    return sorted(curves, key=lambda curve: curve[0])


def _bytes_of_plots(directory: str) -> int:
    files = tf.io.gfile.glob(os.path.join(directory, "plots*"))
    return sum(tf.io.gfile.stat(file).length for file in files)
