"""A sweep without a pipeline: from Python, or from a shell."""

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_metadata.proto.v0 import schema_pb2

from checkpoint_sweep.common.eval_config import with_defaults
from checkpoint_sweep.common.files import write_json
from checkpoint_sweep.report.plot import plot_verdicts
from checkpoint_sweep.report.sweep_report import read_sweep
from checkpoint_sweep.report.write import try_to_write_report
from checkpoint_sweep.selection.judgement import verdicts_to_json
from checkpoint_sweep.selection.metric_lookup import complete_name
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.config_files import read_eval_config, read_schema
from checkpoint_sweep.sweeping.curves import leave_curves
from checkpoint_sweep.sweeping.example_files import open_files
from checkpoint_sweep.sweeping.options import SweepOptions
from checkpoint_sweep.sweeping.run_sweep import SweepOutcome, run_sweep
from checkpoint_sweep.sweeping.settings import ModelPaths, SweepSettings, provenance
from checkpoint_sweep.sweeping.tables.columns import TableColumns, of_evaluation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MODEL = "model"
_EXAMPLES = "examples"


@dataclasses.dataclass(frozen=True)
class SweepResult:
    """A finished sweep.

        result = sweep("run", "export", options)
        print(result.reason, result.model)
        table = result.to_pandas()  # a row for each candidate, slice and metric
        result.plot().figure.savefig("auc.png")

    Attributes:
        directory: Folder with TFMA's results of each candidate (`step-00001000/`), `ledger.json`
            and `verdicts.json`.
        chosen: Name of the chosen candidate; None when none is eligible.
        step: Training step of the chosen candidate.
        model: Directory of the chosen candidate as a SavedModel; None when none is eligible.
        blessed: Whether it met thresholds that there were.
        reason: Reason for the choice, in a sentence.
        verdicts: Verdicts on every candidate, as `verdicts.json` has them.
        selection: Selection by which it was chosen: `metric`, `direction`, `slice`, `level` ...
    """

    directory: str
    chosen: str | None
    step: int | None
    model: str | None
    blessed: bool
    reason: str
    verdicts: Sequence[dict[str, Any]]
    selection: Mapping[str, Any]

    def to_pandas(self) -> "pd.DataFrame":
        """Returns one row for each candidate, slice and metric, as `metrics.csv` has them."""
        return read_sweep(self.directory).to_pandas()

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draws the metric over the training steps with its intervals; marks chosen and best.

        Args:
            axes: Axes of matplotlib to draw on; those of a new figure if None.

        Returns:
            The axes that were drawn on, for example for `.figure.savefig(path)`.

        Raises:
            PlotError: Matplotlib is not installed.
        """
        return plot_verdicts(self.verdicts, self.selection, self.chosen, axes)


def sweep(run: str, model: str, options: SweepOptions) -> SweepResult:
    """Evaluates every checkpoint of a training run, chooses the best and exports it.

    >>> from checkpoint_sweep import SweepOptions, sweep
    >>> options = SweepOptions("eval*.tfrecord", "eval_config.pbtxt", "auc")
    >>> result = sweep("run", "export", options)
    >>> [verdict["step"] for verdict in result.verdicts]
    [0, 20, 40, 60]
    >>> result.model
    '.../run-sweep/0001/model'
    >>> sorted(set(result.to_pandas()["metric"]))
    ['auc', 'example_count']
    >>> result.plot().figure.savefig("auc.png")

    A sweep that was interrupted, or whose run has grown, goes on with the same call: what was
    evaluated under the same circumstances is reused.

    Args:
        run: Directory of the checkpoints.
        model: Directory of a SavedModel that was exported from one of them.
        options: Examples, evaluation config, metric to choose by, and how to go about it.

    Raises:
        UserError: Something does not fit; the message says what, and what to do.
    """
    config = options.config
    eval_config = read_eval_config(config) if isinstance(config, str) else config
    settings = SweepSettings(
        complete_name(options.selection, with_defaults(eval_config, has_baseline=True)),
        eval_config,
        options.steps,
        options.averages,
        options.racing,
        options.engine,
        options.batch_size,
        options.memory_budget,
        options.step_from,
    )
    schema = read_schema(options.schema) if options.schema else None
    patterns, split = options.patterns, options.split
    output = folders.of_run(run, options.output)
    with folders.locked(output):
        models = ModelPaths(model, run, options.baseline)
        return _into_next(
            output,
            settings.selection,
            provenance(settings, models, patterns, [split]),
            lambda directory: run_sweep(
                settings,
                models,
                lambda: open_files(
                    patterns,
                    split,
                    schema,
                    os.path.join(output, _EXAMPLES),
                    lambda: _columns(settings.eval_config, models, schema),
                    options.encoding,
                ),
                lambda: beam.Pipeline(options=PipelineOptions(list(options.beam_args))),
                directory,
                os.path.join(directory, MODEL),
            ),
        )


def read_result(directory: str) -> SweepResult:
    """Reads a finished sweep, from its own folder or the one that all sweeps of a run share.

    Args:
        directory: Folder of the sweep, or of all sweeps of the run: the last one then.

    Raises:
        FolderError: There is none.
    """
    directory = folders.latest(directory)
    with open(os.path.join(directory, folders.VERDICTS)) as file:
        content = json.load(file)
    chosen = next((v for v in content["checkpoints"] if v["name"] == content["chosen"]), None)
    return SweepResult(
        directory,
        content["chosen"],
        chosen["step"] if chosen else None,
        os.path.join(directory, MODEL) if chosen else None,
        content["blessed"],
        content["reason"],
        content["checkpoints"],
        content["selection"],
    )


def _columns(
    eval_config: tfma.EvalConfig, models: ModelPaths, schema: schema_pb2.Schema | None
) -> TableColumns:
    directories = [models.exported, *([models.baseline] if models.baseline else [])]
    whole = with_defaults(eval_config, has_baseline=models.baseline is not None)
    return of_evaluation(whole, directories, schema)


def _into_next(
    output: str, selection: Selection, made: dict[str, Any], run: Callable[[str], SweepOutcome]
) -> SweepResult:
    """Runs a sweep in the next numbered folder; those before go once it has ended."""
    before = folders.numbers(output)
    directory = folders.path(output, max(before, default=0) + 1)
    os.makedirs(directory)
    outcome = run(directory)
    content = verdicts_to_json(outcome.decision, outcome.judgement, selection, outcome.direction)
    leave_curves(directory, content)
    try_to_write_report(directory, content, made["model_run"], made)
    write_json(os.path.join(directory, folders.VERDICTS), content)
    for number in before:
        shutil.rmtree(folders.path(output, number), ignore_errors=True)
    return read_result(directory)
