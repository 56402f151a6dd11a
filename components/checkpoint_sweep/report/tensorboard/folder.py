"""Writes a sweep's curves into its evaluation, where TensorBoard finds them."""

import os
import time
from collections.abc import Iterator

import tensorflow as tf

from checkpoint_sweep.common import ownership
from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.evaluation.results.ledger import Entry
from checkpoint_sweep.report.sweep_report import ReportError
from checkpoint_sweep.report.swept import OVERALL, Swept
from checkpoint_sweep.report.tensorboard.events import scalars, text, write_events
from checkpoint_sweep.report.tensorboard.pr_curves import read_pr_curves
from checkpoint_sweep.report.tensorboard.runs import MOST_SLICES, folder_name, make_runs

FOLDER = "tensorboard"
_CURVES = "curves of a sweep"
DECISION = "checkpoint_sweep/decision"
# Plots of many slices and thresholds are large, and all are read to find those of all examples.
MOST_BYTES_OF_PLOTS = 40_000_000


def write_tensorboard(swept: Swept, most_slices: int = MOST_SLICES) -> str:
    """Writes every metric at its checkpoint's step, the PR curves, and the decision as text.

    A run for each slice; averages, which are of no one step, are left out. What was written
    before is replaced.

        write_tensorboard(read_swept(evaluation.uri, verdicts), most_slices=200)

    Args:
        swept: the sweep.
        most_slices: how many runs there may be, the overall slice first, then the largest.

    Returns:
        The folder.

    Raises:
        ReportError: The folder is there, and is not of a sweep.
    """
    now = time.time()
    by_step = {entry.step: swept.metrics[entry.name] for entry in swept.checkpoints}
    folder = os.path.join(swept.evaluation, FOLDER)
    with replacing(folder) as scratch:
        ownership.mark(scratch, _CURVES)
        for run in make_runs(by_step, most_slices):
            summaries = [(step, scalars(values)) for step, values in run.points.items()]
            if run.name == folder_name(OVERALL):
                summaries += [*_pr_curves(swept), *_decision(swept)]
            write_events(os.path.join(scratch, run.name), summaries, now)
        if not ownership.remove(folder, _CURVES):
            raise ReportError(
                f"{folder} was not made by a sweep: no curves are written to it. Move it away."
            )
    return folder


def _decision(swept: Swept) -> Iterator[tuple[int, tf.compat.v1.Summary]]:
    """What was decided, at the step that was chosen or, without one, at the last."""
    at = swept.chosen or next(reversed(swept.evaluated), None)
    if at is not None:
        word = "BLESSED" if swept.verdicts["blessed"] else "NOT BLESSED"
        yield at.step, text(DECISION, f"**{word}**: {swept.verdicts['reason']}")


def _pr_curves(swept: Swept) -> list[tuple[int, tf.compat.v1.Summary]]:
    """Of the chosen checkpoint, then the last and those before it, as far as the budget goes."""
    budget, curves = MOST_BYTES_OF_PLOTS, []
    chosen = swept.verdicts["chosen"]
    for entry in sorted(swept.checkpoints, key=lambda e: (e.name != chosen, -e.step)):
        budget -= _bytes_of_plots(swept, entry)
        if budget < 0:
            break
        directory = swept.results(entry)
        curves += [(entry.step, c) for c in read_pr_curves(directory, swept.model_name)]
    return sorted(curves, key=lambda curve: curve[0])


def _bytes_of_plots(swept: Swept, entry: Entry) -> int:
    files = tf.io.gfile.glob(os.path.join(swept.results(entry), "plots*"))
    return sum(tf.io.gfile.stat(file).length for file in files)
