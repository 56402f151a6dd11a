"""Exports any checkpoint of a run."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from checkpoint_sweep.common.error_messages import remedy
from checkpoint_sweep.common.json_safe import OTHER_FORM
from checkpoint_sweep.evaluation.results.ledger import read_ledger
from checkpoint_sweep.model_run.candidates import candidates_of
from checkpoint_sweep.model_run.checkpoints import (
    CheckpointError,
    NoCheckpointError,
    StepRange,
    find_checkpoints,
)
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.timestamped_exports import find_export
from checkpoint_sweep.selection.verdict import Verdict
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.evaluated_export import export_evaluated
from checkpoint_sweep.sweeping.several_runs import RUN_FOLDER


def verdict_on(directory: str, run: str, step: int) -> Verdict | None:
    """Finds the verdict of a sweep on the checkpoint of a step; None if it has none.

    Args:
        directory: Folder of the sweep.
        run: Directory of the checkpoints, which tells it from other runs of the sweep.
        step: Step of the checkpoint.

    Raises:
        FolderError: The verdicts cannot be read.
    """
    found = [v for v in folders.read_verdicts(directory).checkpoints if v.step == step]
    if all(verdict.run is None for verdict in found):
        return next(iter(found), None)
    try:
        prefixes = {entry.name: entry.checkpoint for entry in read_ledger(directory)}
    except (*OTHER_FORM, OSError, tf.errors.OpError) as error:
        raise folders.damaged(directory) from error
    below = f"{os.path.realpath(run)}{os.sep}"
    return next((v for v in found if os.path.realpath(prefixes[v.name]).startswith(below)), None)


def sharing_runs(made: Mapping[str, Any], run: str) -> list[str]:
    """Finds the other runs of a sweep that were evaluated in the graph of the same export.

    Args:
        made: Provenance of the sweep.
        run: Directory of the checkpoints of one of its runs.

    Returns:
        Their directories; none in a sweep of one run.
    """
    real = os.path.realpath(run)
    runs = {os.path.realpath(of["model_run"]): of for of in made.get("runs", ())}
    if real not in runs:
        return []
    model = runs[real]["model"]
    return [of["model_run"] for path, of in runs.items() if of["model"] == model and path != real]


def export_step(
    run: str,
    model: str,
    step: int,
    directory: str,
    step_from: str | None = None,
    sharing: Sequence[str] = (),
) -> None:
    """Writes the SavedModel that an exporter would have written at a step.

    Args:
        run: Directory of the checkpoints.
        model: Directory of a SavedModel that was exported from one of them.
        step: Step of the checkpoint.
        directory: Directory for the SavedModel; must not exist.
        step_from: Regular expression that finds the step in a name; None to tell it from the names.
        sharing: Directories of other runs that share the graph of the SavedModel, which may have
            been exported from one of theirs.

    Raises:
        UserError: There is no such checkpoint, it cannot be used, or the directory is there.
    """
    folders.check_names([run, model])
    if os.path.exists(directory):
        raise CheckpointError(f"{directory} exists. Name a folder that does not.")
    checkpoints = find_checkpoints(run, step_from)
    swept = StepRange(step, step).select(checkpoints)
    others = []
    for other in sharing:
        with contextlib.suppress(NoCheckpointError):
            others += find_checkpoints(other, step_from)
    exported = SavedModel(find_export(model.replace(RUN_FOLDER, run)))
    (made,) = candidates_of(exported, [*checkpoints, *others], swept).values()
    if isinstance(made, str):
        raise CheckpointError(
            f"The checkpoint of step {step} cannot be exported: {made}. "
            + remedy(made, "Export that of another step.")
        )
    export_evaluated(made, directory)
