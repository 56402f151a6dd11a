"""A sweep from options to the exported choice, with all that it imports."""

import os
from collections.abc import Sequence

from tensorflow_metadata.proto.v0 import schema_pb2

from checkpoint_sweep.common import log_replay
from checkpoint_sweep.common.eval_config import metric_modules, with_defaults
from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.timestamped_exports import find_export
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.beam_pipelines import pipelines
from checkpoint_sweep.sweeping.config_files import read_eval_config, read_schema
from checkpoint_sweep.sweeping.example_files import check_has_splits, open_files
from checkpoint_sweep.sweeping.finished import MODEL
from checkpoint_sweep.sweeping.next_folder import check_keeps_runs, run_into_next
from checkpoint_sweep.sweeping.options import SweepOptions
from checkpoint_sweep.sweeping.other_splits import Opener, SplitOpeners
from checkpoint_sweep.sweeping.run_sweep import run_sweep
from checkpoint_sweep.sweeping.settings import ModelPaths, SweepSettings, provenance
from checkpoint_sweep.sweeping.several_runs import expand, runs_of
from checkpoint_sweep.sweeping.tables.columns import TableColumns, of_evaluation
from checkpoint_sweep.sweeping.unchanged import Recording


def full_sweep(
    run: str | Sequence[str], model: str | Sequence[str], options: SweepOptions
) -> SweepResult:
    """Sweeps, whether or not there is something new; see `sweep.sweep`.

    Args:
        run: Directory of the checkpoints, or of those of several runs.
        model: Directory of the exported model, or of several.
        options: Options of the sweep.

    Raises:
        UserError: Something does not fit; the message says what, and what to do.
    """
    make_pipeline = pipelines(options.beam_args)
    config = options.config
    eval_config = read_eval_config(config) if isinstance(config, str) else config
    settings = SweepSettings(options.selection, eval_config, **options.shared)
    schema = read_schema(options.schema) if options.schema else None
    patterns, splits = options.patterns, options.patterns_of_splits
    directories, exports = expand(run, model)
    output = folders.of_runs(directories, options.output)
    saved_models = [*exports, options.baseline, options.eval_model]
    folders.check_names([*directories, *saved_models, output])
    of_splits = [pattern for of_split in splits.values() for pattern in of_split]
    read = [*saved_models, *patterns, *of_splits]
    folders.check_apart(output, [folder for folder in read if folder])
    with folders.locked(output), log_replay.recording() as logged:
        recording = Recording(directories, exports, options, output, logged)
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
                os.path.join(output, folders.EXAMPLES),
                lambda: _columns(settings, saved_models, schema, baseline is not None),
                options.encoding,
            )

        for name, of_split in splits.items():
            if not of_split:
                check_has_splits(patterns, name)
        result = run_into_next(
            output,
            provenance(settings, models, patterns, [options.split], other_splits=splits)
            | _reading(options),
            lambda directory: run_sweep(
                settings,
                models,
                SplitOpeners(
                    opener(patterns, options.split),
                    {name: opener(of or patterns, name) for name, of in splits.items()},
                ),
                make_pipeline,
                directory,
                os.path.join(directory, MODEL),
                lambda: recording.note_checked(metric_modules(eval_config)),
            ),
        )
        recording.write(result.directory)
        return result


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
