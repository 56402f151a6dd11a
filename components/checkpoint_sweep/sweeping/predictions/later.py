"""Writes predictions of checkpoints after their sweep has ended."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
from tensorflow_model_analysis.writers import eval_config_writer

from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.results.ledger import LEDGER
from checkpoint_sweep.model_run.candidates import candidates_of
from checkpoint_sweep.model_run.checkpoints import Checkpoint, CheckpointError
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.config_files import read_schema
from checkpoint_sweep.sweeping.example_files import open_files
from checkpoint_sweep.sweeping.finished import read_result
from checkpoint_sweep.sweeping.predictions.request import Predictions, PredictionsError
from checkpoint_sweep.sweeping.predictions.write import write_predictions
from checkpoint_sweep.sweeping.tables.columns import of_evaluation


def write_predictions_of(sweep: str, steps: Sequence[int], key: str | None = None) -> list[str]:
    """Writes the predictions of checkpoints of a finished sweep, each to a Parquet file beside it.

        write_predictions_of("run-sweep", [400])

    Examples, checkpoints and the exported model are read from where the sweep found them.

    Args:
        sweep: Local directory of the sweeps of a run.
        steps: Steps of the checkpoints, of each run where the sweep is of several.
        key: Feature that identifies an example, for the column `key`; None for rows alone.

    Returns:
        The paths of the files.

    Raises:
        PredictionsError: The sweep has no such checkpoint, or its folder does not say what it was
            made of.
        UserError: There is no finished sweep, or examples or checkpoints have gone or changed.
    """
    request = Predictions(tuple(steps), key)
    result = read_result(sweep)
    made = result.report.made
    exports, patterns = _exports(made), made.get("examples")
    if not exports or not patterns:
        raise PredictionsError(
            f"The report in {result.directory} does not say what the sweep was made of. Sweep "
            "again."
        )
    sources = _sources(result, request, exports)
    saved_models = list(dict.fromkeys(exports.values()))
    eval_config = eval_config_writer.load_eval_run(result.results_of(sources[0].name))[0]
    output = os.path.dirname(os.path.realpath(result.directory))
    schema = read_schema(made["schema"]) if made.get("schema") else None
    with folders.locked(output):
        examples = open_files(
            patterns,
            made["example_splits"][0],
            schema,
            os.path.join(output, folders.EXAMPLES),
            lambda: of_evaluation(eval_config, saved_models, schema).also(made.get("cluster_key")),
            made.get("encoding", "utf-8"),
        )
        return write_predictions(sources, None, eval_config, examples, result.directory, key)


def _exports(made: Mapping[str, Any]) -> dict[str | None, SavedModel]:
    """Returns the exported model of each run by its name, which is None in a sweep of one."""
    runs = made.get("runs") or [{"name": None, "model": made.get("model")}]
    return {run["name"]: SavedModel(run["model"]) for run in runs if run["model"]}


def _sources(
    result: SweepResult, request: Predictions, exports: Mapping[str | None, SavedModel]
) -> list[ModelSource]:
    """Makes the candidates again.

    Raises:
        UserError: One has no results, has gone, or was written again after the sweep.
    """
    named = Words("steps", "--step")
    evaluated = [entry for entry in result.evaluated if not entry.is_average]
    known = ", ".join(map(str, sorted({entry.step for entry in evaluated})))
    if not request.steps or not set(request.steps) <= {entry.step for entry in evaluated}:
        raise PredictionsError(
            named,
            f" has to name some of the steps that {result.directory} has results of: {known}.",
        )
    there = [e for e in evaluated if tf.io.gfile.exists(f"{e.checkpoint}.index")]
    found = [Checkpoint(entry.step, entry.checkpoint, entry.run) for entry in there]
    swept = tf.io.gfile.stat(os.path.join(result.directory, LEDGER)).mtime_nsec
    for entry in evaluated:
        if entry.step not in request.steps:
            continue
        if entry not in there:
            raise CheckpointError(f"The checkpoint {entry.checkpoint} has gone. Restore it.")
        if tf.io.gfile.stat(f"{entry.checkpoint}.index").mtime_nsec > swept:
            raise CheckpointError(
                f"The checkpoint {entry.checkpoint} was written again after the sweep. Sweep again."
            )
    made: dict[Checkpoint, ModelSource | str] = {}
    for exported in dict.fromkeys(exports.values()):
        sharing = [checkpoint for checkpoint in found if exports[checkpoint.run] == exported]
        wanted = [checkpoint for checkpoint in sharing if checkpoint.step in request.steps]
        if wanted:
            made |= candidates_of(exported, sharing, wanted)
    for checkpoint, source in made.items():
        if isinstance(source, str):
            raise CheckpointError(f"The checkpoint of {checkpoint.label} cannot be read: {source}.")
    return [source for source in made.values() if isinstance(source, ModelSource)]
