"""The runs of a sweep, and the candidates of all of them."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

from absl import logging

from checkpoint_sweep.common import files
from checkpoint_sweep.common.names import natural_order
from checkpoint_sweep.model_run.candidates import candidates_of, check_usable
from checkpoint_sweep.model_run.checkpoints import (
    Checkpoint,
    CheckpointError,
    StepRange,
    find_checkpoints,
)
from checkpoint_sweep.model_run.deleted_checkpoints import deletion_warning
from checkpoint_sweep.model_run.run_names import RunsError, name_runs
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel


@dataclasses.dataclass(frozen=True)
class ModelRun:
    """A training run, and the exported model whose graph its checkpoints are evaluated in.

    Attributes:
        directory: Directory of the checkpoints.
        exported: SavedModel that was exported from this run, or from another one that shares its
            graph.
        name: Name of the run in a sweep of several; None in a sweep of one.
    """

    directory: str
    exported: SavedModel
    name: str | None = None


@dataclasses.dataclass(frozen=True)
class RunCandidates:
    """The checkpoints of a sweep, and the models that they give.

    Attributes:
        checkpoints: Checkpoints of the sweep, by run, each by step.
        sources: Model of each usable checkpoint, by its name.
        skipped: Reason why a checkpoint is not among them, by its name.
    """

    checkpoints: Sequence[Checkpoint]
    sources: Mapping[str, ModelSource]
    skipped: Mapping[str, str]


def make_runs(directories: Sequence[str], exported: Sequence[str]) -> list[ModelRun]:
    """Names runs, gives each its exported model, and sorts them by name.

    Args:
        directories: Directories of the runs, at least one.
        exported: Directory of a SavedModel for all runs, or of one for each, in their order.

    Raises:
        RunsError: A run is there twice, or there are other numbers of runs and of models.
    """
    count = len(directories)
    if len(exported) not in (1, count):
        raise RunsError(
            f"There {'is 1 run' if count == 1 else f'are {count} runs'} and {len(exported)} "
            "exported models. Give one that all runs share, or one for each run, in their order."
        )
    paths = [files.absolute(directory) for directory in directories]
    names: Sequence[str | None] = [None] if count == 1 else name_runs(paths)
    models = list(map(SavedModel, exported if len(exported) == count else [*exported] * count))
    runs = [ModelRun(*run) for run in zip(directories, models, names, strict=True)]
    return sorted(runs, key=lambda run: natural_order(run.name or ""))


def find_candidates(
    runs: Sequence[ModelRun], steps: StepRange, step_from: str | None = None
) -> RunCandidates:
    """Finds the checkpoints of runs, and makes a candidate of each that can be read.

    The weights of an exported model are looked for in the checkpoints of the runs that it is given
    for, and found in one of them. A run with an export of its own reproduces that one.

    Args:
        runs: Runs, at least one.
        steps: Checkpoints of each run to evaluate.
        step_from: Regular expression that finds the step in the name of a checkpoint; None to tell
            it from the names.

    Raises:
        ExportedModelError: No checkpoint reproduces the weights of an exported model.
        CheckpointError: A run has no checkpoints, they are of another model, or none can be read.
        RunsError: Two runs have the same checkpoints.
    """
    found: dict[ModelRun, list[Checkpoint]] = {}
    for run in runs:
        of_run = find_checkpoints(run.directory, step_from)
        if warning := deletion_warning(of_run):
            logging.warning(warning if run.name is None else f"{run.name}: {warning}")
        found[run] = [dataclasses.replace(c, run=run.name) for c in of_run]
    _check_apart(found)
    swept = {run: _select(steps, run, checkpoints) for run, checkpoints in found.items()}
    made: dict[Checkpoint, ModelSource | str] = {}
    for exported in dict.fromkeys(run.exported for run in runs):
        sharing = [run for run in runs if run.exported == exported]
        if len(sharing) > 1:
            logging.info(
                "The checkpoints of %d runs are evaluated in the graph of %s",
                len(sharing),
                exported.directory,
            )
        everything = [checkpoint for run in sharing for checkpoint in found[run]]
        wanted = [checkpoint for run in sharing for checkpoint in swept[run]]
        made |= candidates_of(exported, everything, wanted)
    check_usable(made)
    checkpoints = [checkpoint for run in runs for checkpoint in swept[run]]
    return RunCandidates(
        checkpoints,
        {c.name: s for c in checkpoints if isinstance(s := made[c], ModelSource)},
        {c.name: reason for c in checkpoints if isinstance(reason := made[c], str)},
    )


def _check_apart(found: Mapping[ModelRun, Sequence[Checkpoint]]) -> None:
    """Checks that no run is there twice, by a link or by a folder above it."""
    names: dict[str, str | None] = {}
    for run, checkpoints in found.items():
        folder = os.path.dirname(checkpoints[0].prefix)
        real = folder if "://" in folder else os.path.realpath(folder)
        if real in names:
            raise RunsError(
                f"The runs {names[real]} and {run.name} have the same checkpoints, in {real}. "
                "Name each run once."
            )
        names[real] = run.name


def _select(steps: StepRange, run: ModelRun, checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    try:
        return steps.select(checkpoints)
    except CheckpointError as error:
        if run.name is None:
            raise
        raise CheckpointError(f"The run {run.name}: ", *error.parts) from error
