"""A sweep without a pipeline: from Python, or from a shell."""

import dataclasses
import os
from collections.abc import Sequence
from typing import overload

from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.eval_config import with_defaults
from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.timestamped_exports import find_export
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.beam_pipelines import pipelines
from checkpoint_sweep.sweeping.config_files import read_eval_config, read_schema
from checkpoint_sweep.sweeping.example_files import check_has_splits, open_files
from checkpoint_sweep.sweeping.finished import MODEL, check_keeps_runs, run_into_next
from checkpoint_sweep.sweeping.options import SweepOptions
from checkpoint_sweep.sweeping.other_splits import Opener
from checkpoint_sweep.sweeping.run_sweep import run_sweep
from checkpoint_sweep.sweeping.settings import ModelPaths, SweepSettings, provenance
from checkpoint_sweep.sweeping.several_runs import expand, runs_of
from checkpoint_sweep.sweeping.tables.columns import TableColumns, of_evaluation

EXAMPLES = "examples"


@overload
def sweep(
    run: str | Sequence[str], model: str | Sequence[str], options: SweepOptions
) -> SweepResult: ...


@overload
def sweep(
    run: str | Sequence[str],
    model: str | Sequence[str],
    options: str | Sequence[str],
    config: str | config_pb2.EvalConfig,
    select: str | Selection,
    *,
    direction: Direction | None = None,
) -> SweepResult: ...


def sweep(
    run: str | Sequence[str],
    model: str | Sequence[str],
    options: SweepOptions | str | Sequence[str],
    config: str | config_pb2.EvalConfig | None = None,
    select: str | Selection | None = None,
    *,
    direction: Direction | None = None,
) -> SweepResult:
    """Evaluates every checkpoint of a training run, or of several, chooses the best, exports it.

    >>> from checkpoint_sweep import SweepOptions, sweep
    >>> options = SweepOptions("eval*.tfrecord", "eval_config.pbtxt", "auc")
    >>> result = sweep("run", "export", options)
    >>> [verdict.step for verdict in result.verdicts]
    [0, 20, 40, 60]
    >>> result.model
    '.../run-sweep/0001/model'
    >>> sorted(set(result.to_pandas()["metric"]))
    ['auc', 'example_count']
    >>> result.plot().figure.savefig("auc.png")

    What every sweep needs may stand in the call itself.

    >>> sweep("run", "export", "eval*.tfrecord", "eval_config.pbtxt", "auc").chosen == result.chosen
    True

    Of several runs, such as seeds or trials, one checkpoint is chosen. Those that share an export
    share its graph; else each run has an export of its own, and `{run}` stands for its directory.

        sweep(["runs/seed-0", "runs/seed-1"], "{run}/export", options)

    A sweep that was interrupted, or whose run has grown, goes on with the same call: what was
    evaluated under the same circumstances is reused. Where nothing is new, the results before stay
    in their folder. The link `latest` beside the numbered folders leads to the last results.

    Args:
        run: Directory of the checkpoints, or a list of directories, one for each run.
        model: Directory of a SavedModel that was exported from one of them; or the folder of an
            Estimator's exports, of which the newest is used. Of several runs, one for all, or one
            for each, in their order.
        options: Examples, evaluation config, metric to choose by, and how to go about it; or the
            examples alone, as `SweepOptions.examples` has them.
        config: Evaluation config, where `options` are the examples.
        select: Metric to choose by, or a selection, where `options` are the examples.
        direction: Direction in which values of the metric are better; None for the selection's, or
            the one that the metric's threshold declares.

    Raises:
        UserError: Something does not fit; the message says what, and what to do.
    """
    options = _options(options, config, select, direction)
    make_pipeline = pipelines(options.beam_args)
    given = options.config
    eval_config = read_eval_config(given) if isinstance(given, str) else given
    settings = SweepSettings(
        options.selection,
        eval_config,
        options.steps,
        options.averages,
        options.racing,
        options.engine,
        options.batch_size,
        options.memory_budget,
        options.step_from,
        options.predictions,
        options.cluster_key,
        options.split_thresholds,
    )
    schema = read_schema(options.schema) if options.schema else None
    patterns, splits = options.patterns, options.patterns_of_splits
    directories, exports = expand(run, model)
    output = folders.of_runs(directories, options.output)
    given = [*exports, options.baseline, options.eval_model]
    folders.check_names([*directories, *given, output])
    of_splits = [pattern for of_split in splits.values() for pattern in of_split]
    read = [*given, *patterns, *of_splits]
    folders.check_apart(output, [folder for folder in read if folder])
    with folders.locked(output):
        baseline = find_export(options.baseline) if options.baseline else None
        eval_model = find_export(options.eval_model) if options.eval_model else None
        models = ModelPaths(runs_of(directories, exports), baseline, eval_model)
        if options.output is None:
            check_keeps_runs(output, models.runs)

        def opener(of_split: Sequence[str], split: str) -> Opener:
            return lambda saved_models: open_files(
                of_split,
                split,
                schema,
                os.path.join(output, EXAMPLES),
                lambda: _columns(settings, saved_models, schema, baseline is not None),
                options.encoding,
            )

        for name, of_split in splits.items():
            if not of_split:
                check_has_splits(patterns, name)
        return run_into_next(
            output,
            provenance(settings, models, patterns, [options.split], other_splits=splits)
            | _reading(options),
            lambda directory: run_sweep(
                settings,
                models,
                opener(patterns, options.split),
                make_pipeline,
                directory,
                os.path.join(directory, MODEL),
                {name: opener(of or patterns, name) for name, of in splits.items()},
            ),
        )


def _options(
    given: SweepOptions | str | Sequence[str],
    config: str | config_pb2.EvalConfig | None,
    select: str | Selection | None,
    direction: Direction | None,
) -> SweepOptions:
    """Makes the options of what stands in the call."""
    if isinstance(given, SweepOptions):
        if (config, select, direction) != (None, None, None):
            raise UserError(
                "SweepOptions have a config, a metric and its direction. Give sweep the options "
                "alone, or the examples, the config and the metric without them."
            )
        return given
    if config is None or select is None:
        raise UserError(
            "sweep needs SweepOptions, or the examples, an evaluation config and the metric to "
            "choose by."
        )
    selection = Selection(select) if isinstance(select, str) else select
    if direction is not None:
        selection = dataclasses.replace(selection, direction=direction)
    return SweepOptions(given, config, selection)


def _reading(options: SweepOptions) -> Json:
    """Says how the examples were read, where it is not as by default."""
    given = {"schema": options.schema, "encoding": options.encoding}
    default = {"schema": None, "encoding": "utf-8"}
    return {name: value for name, value in given.items() if value != default[name]}


def _columns(
    settings: SweepSettings,
    saved_models: Sequence[SavedModel],
    schema: schema_pb2.Schema | None,
    has_baseline: bool,
) -> TableColumns:
    whole = with_defaults(settings.eval_config, has_baseline=has_baseline)
    return of_evaluation(whole, saved_models, schema).also(settings.cluster_key)
