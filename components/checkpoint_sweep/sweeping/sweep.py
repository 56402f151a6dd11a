"""A sweep without a pipeline: from Python, or from a shell."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from apache_beam.options.pipeline_options import PipelineOptions

from checkpoint_sweep.common.files import write_json
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.report import tensorboard
from checkpoint_sweep.report.document import VERDICTS_JSON
from checkpoint_sweep.report.sweep_result import SweepResult as SweepResult
from checkpoint_sweep.report.sweep_result import read_verdicts
from checkpoint_sweep.report.write import try_to_write_report
from checkpoint_sweep.selection.direction import Direction
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.config_files import read_eval_config, read_schema
from checkpoint_sweep.sweeping.example_files import open_files
from checkpoint_sweep.sweeping.run_sweep import Outcome, run_sweep
from checkpoint_sweep.sweeping.settings import Models, Settings, made_of

MODEL = "model"
_EXAMPLES = "examples"
_BEAM_ARGS = ("--runner=FnApiRunner",)  # In this process; the default may download another.


def sweep(
    run: str,
    model: str,
    examples: str | Sequence[str],
    config: str | tfma.EvalConfig,
    select: str | Selection,
    *,
    output: str | None = None,
    direction: Direction | None = None,
    schema: str | None = None,
    split: str = "eval",
    baseline: str | None = None,
    steps: StepRange | None = None,
    averages: Averages | None = None,
    racing: Racing | None = None,
    engine: str = "fused",
    batch_size: int | None = None,
    memory_budget: int | None = None,
    beam_args: Sequence[str] = _BEAM_ARGS,
) -> SweepResult:
    """Evaluates every checkpoint of a training run, chooses the best and exports it.

    >>> from checkpoint_sweep import sweep
    >>> swept = sweep("run", "export", "eval*.tfrecord", "eval_config.pbtxt", "auc")
    >>> [verdict.step for verdict in swept.verdicts]
    [0, 20, 40, 60]
    >>> swept.model
    '.../run-sweep/0001/model'
    >>> sorted(set(swept.to_pandas()["metric"]))
    ['auc', 'example_count']
    >>> swept.plot().figure.savefig("auc.png")

    A sweep that was interrupted, or whose run has grown, goes on with the same call: what was
    evaluated under the same circumstances is taken over.

    Args:
        run: directory of the checkpoints.
        model: directory of a SavedModel that was exported from one of them.
        examples: patterns of TFRecord, CSV or Parquet files, folders of such, or the folder of an
            Examples artifact.
        config: an evaluation config, or its file: a text proto, JSON or YAML.
        select: the metric to choose by, or a selection with more to it.
        output: a local directory for the results; the run's with `-sweep` at its end if None.
        direction: which values of the metric are better; None for what the config declares.
        schema: file of the examples' schema; None for what is in them.
        split: of an Examples artifact.
        baseline: directory of a SavedModel that change thresholds compare with.
        steps: which checkpoints to take; None for all.
        averages: averages to evaluate too; None for none.
        racing: how checkpoints are dropped early; None to evaluate each on all examples.
        engine: "fused", all in one pass, or "tfma", stock TFMA once for each.
        batch_size: examples to take at once; None for the engine's default.
        memory_budget: bytes for the weights of all models; None for the engine's default.
        beam_args: options of the Beam pipelines.

    Raises:
        UserError: something does not fit; the message says what and what to do.
    """
    if isinstance(select, str):
        select = Selection(select, direction=direction)
    settings = Settings(
        select,
        read_eval_config(config) if isinstance(config, str) else config,
        steps or StepRange(),
        averages,
        racing,
        engine,
        batch_size,
        memory_budget,
    )
    parsed = read_schema(schema) if schema else None
    patterns = [examples] if isinstance(examples, str) else list(examples)
    output = folders.of_run(run, output)
    with folders.locked(output):
        models = Models(model, run, baseline)
        return _into_next(
            output,
            made_of(settings, models, patterns, [split]),
            lambda directory: run_sweep(
                settings,
                models,
                lambda: open_files(patterns, split, parsed, os.path.join(output, _EXAMPLES)),
                lambda: beam.Pipeline(options=PipelineOptions(list(beam_args))),
                directory,
                os.path.join(directory, MODEL),
            ),
        )


def read_result(directory: str) -> SweepResult:
    """A finished sweep, from its own folder or the one that all sweeps of a run share.

    Raises:
        FolderError: there is none.
    """
    directory = folders.latest(directory)
    return _result(directory, read_verdicts(directory))


def _result(directory: str, verdicts: SweepVerdicts) -> SweepResult:
    model = None if verdicts.winner is None else os.path.join(directory, MODEL)
    return SweepResult(directory, verdicts, model)


def _into_next(output: str, made: Mapping[str, Any], run: Callable[[str], Outcome]) -> SweepResult:
    """Runs a sweep in the next numbered folder; those before go once it has ended."""
    before = folders.numbers(output)
    directory = folders.path(output, max(before, default=0) + 1)
    os.makedirs(directory)
    verdicts = run(directory).verdicts
    result = _result(directory, verdicts)
    tensorboard.try_to_write(result)
    try_to_write_report(result, made["model_run"], made)
    write_json(os.path.join(directory, VERDICTS_JSON), verdicts.to_dict())
    for number in before:
        shutil.rmtree(folders.path(output, number), ignore_errors=True)
    return read_result(directory)
