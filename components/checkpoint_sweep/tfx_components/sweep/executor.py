"""Runs a sweep on TFX artifacts: the only file that knows both artifacts and engines."""

from collections.abc import Mapping, Sequence
from typing import Any

from absl import logging
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from checkpoint_sweep.common import progress
from checkpoint_sweep.common.errors import speaking
from checkpoint_sweep.common.eval_config import parse
from checkpoint_sweep.common.wording import Interface
from checkpoint_sweep.evaluation.candidates.reuse import remove_set_aside, set_aside
from checkpoint_sweep.evaluation.request import DEFAULT_ENGINE
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.model_run.runs import make_runs
from checkpoint_sweep.report import tensorboard
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.report.write import try_to_write_report
from checkpoint_sweep.selection import split_thresholds
from checkpoint_sweep.selection.formatting import blessing_word
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.sweeping.other_splits import Opener, SplitOpeners
from checkpoint_sweep.sweeping.predictions.request import Predictions
from checkpoint_sweep.sweeping.run_sweep import run_sweep
from checkpoint_sweep.sweeping.settings import ModelPaths, SweepSettings, provenance
from checkpoint_sweep.tfx_components import blessing, parameters
from checkpoint_sweep.tfx_components.examples import open_examples
from checkpoint_sweep.tfx_components.identity import identity
from checkpoint_sweep.tfx_components.models import eval_saved_model, saved_model
from checkpoint_sweep.tfx_components.sweep import spec

Artifacts = Mapping[str, Sequence[types.Artifact]]


class SweepExecutor(base_beam_executor.BaseBeamExecutor):
    """Executor of the CheckpointSweep component."""

    @speaking(Interface.TFX)
    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Sweeps the checkpoints; see `CheckpointSweep` for inputs, outputs and parameters.

        Raises:
            UserError: The model run cannot be swept (CheckpointError, ExportedModelError), or the
                selection, the evaluation config, the exported model and the examples do not fit
                together (SelectionError, EvalConfigError, SignatureError, FeatureError,
                ExamplesError, EvaluationError), or a parameter is wrong (ParameterError,
                AveragesError).
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        settings = _settings(exec_properties)
        splits = parameters.names(spec.EXAMPLE_SPLITS, exec_properties[spec.EXAMPLE_SPLITS])
        others = parameters.names(spec.OTHER_SPLITS, exec_properties.get(spec.OTHER_SPLITS) or "[]")
        split_thresholds.check_split_names(settings.split_thresholds, others, splits)
        evaluation = _uri(output_dict, spec.EVALUATION)
        model, blessed = (
            artifact_utils.get_single_instance(output_dict[key])
            for key in (spec.MODEL, spec.BLESSING)
        )
        models = _models(input_dict)

        def opener(names: Sequence[str], argument: str) -> Opener:
            return lambda _: open_examples(
                input_dict[spec.EXAMPLES],
                names,
                input_dict.get(spec.SCHEMA),
                "CheckpointSweep",
                argument,
            )

        try:
            verdicts = run_sweep(
                settings,
                models,
                SplitOpeners(
                    opener(splits, spec.EXAMPLE_SPLITS),
                    {name: opener([name], spec.OTHER_SPLITS) for name in others},
                ),
                self._make_beam_pipeline,
                evaluation,
                path_utils.serving_model_dir(model.uri),
            )
        except BaseException:
            set_aside(evaluation)  # TFX removes the outputs of an execution that fails.
            raise
        if verdicts.winner is not None:
            blessing.set_origin(model, verdicts.winner, verdicts.reason)
        blessing.write_blessing(blessed, verdicts)
        swept = SweepResult(evaluation, verdicts)
        progress.enter("writing the report")
        tensorboard.try_to_write(swept)
        examples = [artifact.uri for artifact in input_dict[spec.EXAMPLES]]
        made = provenance(
            settings,
            models,
            examples,
            splits,
            identity(self._context),
            {name: [] for name in others},
        )
        try_to_write_report(swept, made)
        remove_set_aside(evaluation)
        logging.info("%s: %s", blessing_word(verdicts.blessed), verdicts.reason)


def _settings(given: Mapping[str, Any]) -> SweepSettings:
    """Reads the parameters of the component."""
    first, last, stride, batch_size, memory_budget = (
        parameters.whole(name, given.get(name)) for name in spec.WHOLE_NUMBERS
    )
    averages, racing = given.get(spec.AVERAGES), given.get(spec.RACING)
    predictions = given.get(spec.PREDICTIONS)
    return SweepSettings(
        Selection.from_json(given[spec.SELECTION]),
        parse(given[spec.EVAL_CONFIG]),
        steps=StepRange(first, last, 1 if stride is None else stride),
        step_from=given.get(spec.STEP_FROM) or None,
        averages=Averages.from_json(averages) if averages else None,
        racing=Racing.from_json(racing) if racing else None,
        engine=given.get(spec.ENGINE) or DEFAULT_ENGINE,
        batch_size=batch_size,
        memory_budget=memory_budget,
        predictions=Predictions.from_json(predictions) if predictions else None,
        cluster_key=given.get(spec.CLUSTER_KEY) or None,
        split_thresholds=split_thresholds.from_json(given.get(spec.SPLIT_THRESHOLDS) or "[]"),
    )


def _models(input_dict: Artifacts) -> ModelPaths:
    baseline = None
    if input_dict.get(spec.BASELINE_MODEL):
        baseline = saved_model(_uri(input_dict, spec.BASELINE_MODEL))
    eval_model = None
    if input_dict.get(spec.EVAL_MODEL):
        eval_model = eval_saved_model(_uri(input_dict, spec.EVAL_MODEL))
    runs = [artifact.uri for artifact in input_dict[spec.MODEL_RUN]]
    exports = [saved_model(artifact.uri) for artifact in input_dict[spec.EXPORTED_MODEL]]
    return ModelPaths(make_runs(runs, exports), baseline, eval_model)


def _uri(artifacts: Artifacts, key: str) -> str:
    return artifact_utils.get_single_uri(list(artifacts[key]))
