"""Runs a sweep on TFX artifacts: the only file that knows both artifacts and engines."""

from collections.abc import Mapping, Sequence
from typing import Any

from absl import logging
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from checkpoint_sweep.common.eval_config import (
    check_thresholds,
    has_thresholds,
    parse,
    with_defaults,
)
from checkpoint_sweep.evaluation.checks import check_signature, flattening_warning
from checkpoint_sweep.evaluation.engine import (
    DEFAULT_ENGINE,
    EvaluationRequest,
    Race,
    check_amounts,
    get_engine,
)
from checkpoint_sweep.evaluation.evaluate_candidates import evaluate_candidates, output_of
from checkpoint_sweep.evaluation.feature_checks import features_of, indispensable_features
from checkpoint_sweep.evaluation.jackknife.wanted import wanted
from checkpoint_sweep.evaluation.ledger import Circumstances, remove_set_aside, set_aside
from checkpoint_sweep.evaluation.support import compiled_metrics_warning
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.model_run.candidates import Candidates, make_candidates
from checkpoint_sweep.model_run.checkpoints import (
    Checkpoint,
    CheckpointError,
    StepRange,
    deletion_warning,
    find_checkpoints,
)
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.tensor_bundle import unreadable
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from checkpoint_sweep.selection.decision import Verdict, choose
from checkpoint_sweep.selection.direction import Direction
from checkpoint_sweep.selection.metric_lookup import check_slice, resolve_direction
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.tfx_components import blessing, parameters
from checkpoint_sweep.tfx_components.examples import open_examples
from checkpoint_sweep.tfx_components.models import check_weights, saved_model
from checkpoint_sweep.tfx_components.sweep import spec
from checkpoint_sweep.tfx_components.sweep.curves import leave_curves

Artifacts = Mapping[str, Sequence[types.Artifact]]

_WHOLE_NUMBERS = (
    spec.FIRST_STEP,
    spec.LAST_STEP,
    spec.STRIDE,
    spec.BATCH_SIZE,
    spec.MEMORY_BUDGET,
)


class Executor(base_beam_executor.BaseBeamExecutor):
    """Executor of the CheckpointSweep component."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Sweeps the checkpoints; see `CheckpointSweep` for inputs, outputs and parameters.

        Raises:
            UserError: the model run cannot be swept (CheckpointError, ExportedModelError), or the
                selection, the evaluation config, the exported model and the examples do not fit
                together (SelectionError, EvalConfigError, SignatureError, FeatureError,
                ExamplesError, EvaluationError), or a parameter is wrong (ParameterError,
                AveragesError).
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        selection = Selection.from_json(exec_properties[spec.SELECTION])
        configured = parse(exec_properties[spec.EVAL_CONFIG])
        whole = with_defaults(configured, has_baseline=True)
        direction = resolve_direction(selection, whole)
        check_slice(selection, whole)
        baseline = _baseline(input_dict)
        eval_config = with_defaults(configured, has_baseline=baseline is not None)
        engine_name = exec_properties.get(spec.ENGINE) or DEFAULT_ENGINE
        engine = get_engine(engine_name)

        first, last, stride, batch_size, memory_budget = (
            parameters.whole(name, exec_properties.get(name)) for name in _WHOLE_NUMBERS
        )
        steps = StepRange(first, last, 1 if stride is None else stride)
        asked = exec_properties.get(spec.AVERAGES)
        averages = Averages.from_json(asked) if asked else None
        check_amounts(batch_size, memory_budget)

        exported = saved_model(_uri(input_dict, spec.EXPORTED_MODEL))
        splits = parameters.names(spec.EXAMPLE_SPLITS, exec_properties[spec.EXAMPLE_SPLITS])
        source = open_examples(
            input_dict[spec.EXAMPLES], splits, input_dict.get(spec.SCHEMA), "CheckpointSweep"
        )
        features = source.features(
            features_of(eval_config, exported), indispensable_features(eval_config, exported)
        )
        check_signature(exported, eval_config, features)
        if baseline:
            check_signature(baseline.saved_model, eval_config, features, of_baseline=True)
            check_weights(baseline)
        compiled = compiled_metrics_warning(exported, eval_config)
        if not compiled:
            check_thresholds(eval_config)
        for warning in (
            flattening_warning(exported, eval_config),
            compiled if engine_name != "tfma" else None,
        ):
            if warning:
                logging.warning(warning)
        swept, candidates = _candidates(input_dict, exported, steps)
        evaluation = _uri(output_dict, spec.EVALUATION)
        request = EvaluationRequest(
            candidates=list(candidates.sources.values()),
            baseline=baseline,
            outputs={s.name: output_of(evaluation, s) for s in candidates.sources.values()},
            eval_config=eval_config,
            read=source.read,
            make_pipeline=self._make_beam_pipeline,
            tensor_adapter_config=source.tensor_adapter_config,
            batch_size=batch_size,
            memory_budget=memory_budget,
            decisive=wanted(eval_config, selection),
            race=_race(exec_properties.get(spec.RACING), selection, direction),
        )
        circumstances = Circumstances.of(
            eval_config,
            list(source.patterns.values()),
            source.schema.SerializeToString(deterministic=True) if source.schema else b"",
            baseline,
            engine_name,
            request.decisive,
        )
        try:
            evaluated = evaluate_candidates(
                engine,
                request,
                swept,
                candidates.left_out,
                evaluation,
                selection,
                circumstances,
                direction,
                averages,
            )
            decision = choose(evaluated.results, direction, selection.policy, selection.level)
            judgement = blessing.judge(decision, selection, has_thresholds(eval_config))
            if decision.winner is not None:
                winner = evaluated.sources[decision.winner.name]
                _export(winner, decision.winner, judgement.reason, output_dict[spec.MODEL])
        except BaseException:
            set_aside(evaluation)  # TFX removes the outputs of an execution that fails.
            raise
        blessed = artifact_utils.get_single_instance(output_dict[spec.BLESSING])
        blessing.write_blessing(blessed, decision, judgement, selection, direction)
        leave_curves(evaluation, blessing.read_verdicts(blessed.uri))
        remove_set_aside(evaluation)
        word = "BLESSED" if judgement.blessed else "NOT BLESSED"
        logging.info("%s: %s", word, judgement.reason)


def _uri(artifacts: Artifacts, key: str) -> str:
    return artifact_utils.get_single_uri(list(artifacts[key]))


def _race(racing: str | None, selection: Selection, direction: Direction) -> Race | None:
    if not racing:
        return None
    metric = (selection.output_name, selection.sub_key, selection.metric)
    where = tuple(sorted((name, str(value)) for name, value in selection.slice.items()))
    return Race(Racing.from_json(racing), metric, where, direction)


def _baseline(input_dict: Artifacts) -> ModelSource | None:
    if not input_dict.get(spec.BASELINE_MODEL):
        return None
    path = saved_model(_uri(input_dict, spec.BASELINE_MODEL))
    return ModelSource.from_saved_model("baseline", path)


def _candidates(
    input_dict: Artifacts, exported: str, steps: StepRange
) -> tuple[list[Checkpoint], Candidates]:
    """The checkpoints to sweep and the candidates made of them."""
    checkpoints = find_checkpoints(_uri(input_dict, spec.MODEL_RUN))
    if warning := deletion_warning(checkpoints):
        logging.warning(warning)
    swept = steps.select(checkpoints)
    candidates = make_candidates(exported, checkpoints, swept)
    for step, reason in candidates.left_out.items():
        logging.warning("The checkpoint of step %d is left out: %s", step, reason)
    logging.info(
        "sweeping %d checkpoints, step %d to %d", len(swept), swept[0].step, swept[-1].step
    )
    return swept, candidates


def _export(
    source: ModelSource, verdict: Verdict, choice: str, output: Sequence[types.Artifact]
) -> None:
    artifact = artifact_utils.get_single_instance(list(output))
    try:
        write_saved_model(source, path_utils.serving_model_dir(artifact.uri))
    except Exception as error:
        if reason := unreadable(source):
            if verdict.averaged is not None:
                raise CheckpointError(
                    f"{verdict.name} is chosen, and its weights can no longer be read: {reason}. "
                    "Sweep again."
                ) from error
            raise CheckpointError(
                f"The checkpoint of step {verdict.step} is chosen, and can no longer be read: "
                f"{reason}. Restore it, or sweep again without it."
            ) from error
        raise
    blessing.set_origin(artifact, verdict)
    artifact.set_string_custom_property(blessing.CHOICE_PROPERTY, choice)
