"""Runs a sweep on TFX artifacts: the only file that knows both artifacts and engines."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow_model_analysis as tfma
from absl import logging
from google.protobuf import json_format
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from checkpoint_sweep.common.eval_config import has_thresholds, with_defaults
from checkpoint_sweep.evaluation.checks import (
    SignatureError,
    check_signature,
    features_of,
    flattening_warning,
)
from checkpoint_sweep.evaluation.engine import (
    DEFAULT_ENGINE,
    EvaluationRequest,
    check_amounts,
    get_engine,
)
from checkpoint_sweep.evaluation.evaluate_candidates import evaluate_candidates, output_of
from checkpoint_sweep.evaluation.ledger import Circumstances, remove_set_aside, set_aside
from checkpoint_sweep.evaluation.support import compiled_metrics_warning
from checkpoint_sweep.model_run.candidates import Candidates, make_candidates
from checkpoint_sweep.model_run.checkpoints import (
    Checkpoint,
    StepRange,
    deletion_warning,
    find_checkpoints,
)
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from checkpoint_sweep.selection.decision import choose
from checkpoint_sweep.selection.metric_lookup import check_slice, resolve_direction
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.tfx_components import blessing
from checkpoint_sweep.tfx_components.examples import open_examples
from checkpoint_sweep.tfx_components.sweep import spec

Artifacts = Mapping[str, Sequence[types.Artifact]]


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
                together (SelectionError, EvalConfigError, SignatureError, ExamplesError).
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        selection = Selection.from_json(exec_properties[spec.SELECTION])
        configured = json_format.Parse(exec_properties[spec.EVAL_CONFIG], tfma.EvalConfig())
        whole = with_defaults(configured, has_baseline=True)
        direction = resolve_direction(selection, whole)
        check_slice(selection, whole)
        baseline = _baseline(input_dict)
        eval_config = with_defaults(configured, has_baseline=baseline is not None)
        engine_name = exec_properties.get(spec.ENGINE) or DEFAULT_ENGINE
        engine = get_engine(engine_name)

        exported = _saved_model(_uri(input_dict, spec.EXPORTED_MODEL))
        splits = json.loads(exec_properties[spec.EXAMPLE_SPLITS])
        source = open_examples(
            input_dict[spec.EXAMPLES], splits, input_dict.get(spec.SCHEMA), "CheckpointSweep"
        )
        features = source.features(features_of(eval_config, exported))
        for model in (exported, *([baseline.saved_model] if baseline else [])):
            check_signature(model, eval_config, features)
        for warning in (
            flattening_warning(exported, eval_config),
            compiled_metrics_warning(exported, eval_config) if engine_name != "tfma" else None,
        ):
            if warning:
                logging.warning(warning)
        swept, candidates = _candidates(input_dict, exported, exec_properties)
        evaluation = _uri(output_dict, spec.EVALUATION)
        request = EvaluationRequest(
            candidates=list(candidates.sources.values()),
            baseline=baseline,
            outputs={s.name: output_of(evaluation, s) for s in candidates.sources.values()},
            eval_config=eval_config,
            read=source.read,
            make_pipeline=self._make_beam_pipeline,
            tensor_adapter_config=source.tensor_adapter_config,
            batch_size=_whole(exec_properties.get(spec.BATCH_SIZE)),
            memory_budget=_whole(exec_properties.get(spec.MEMORY_BUDGET)),
        )
        check_amounts(request.batch_size, request.memory_budget)
        circumstances = Circumstances.of(
            eval_config,
            list(source.patterns.values()),
            source.schema.SerializeToString(deterministic=True) if source.schema else b"",
            baseline,
            engine_name,
        )
        try:
            results = evaluate_candidates(
                engine, request, swept, candidates.left_out, evaluation, selection, circumstances
            )
        except BaseException:
            set_aside(evaluation)  # TFX removes the outputs of an execution that fails.
            raise
        decision = choose(results, direction, selection.policy)
        judgement = blessing.judge(decision, has_thresholds(eval_config))
        chosen = next((s for s in request.candidates if s.name == decision.chosen), None)
        if chosen is not None:
            _export(chosen, swept, output_dict[spec.MODEL])
        blessed = artifact_utils.get_single_instance(output_dict[spec.BLESSING])
        blessing.write_blessing(blessed, decision, judgement, selection, direction)
        remove_set_aside(evaluation)
        word = "BLESSED" if judgement.blessed else "NOT BLESSED"
        logging.info("%s: %s", word, judgement.reason)


def _uri(artifacts: Artifacts, key: str) -> str:
    return artifact_utils.get_single_uri(list(artifacts[key]))


def _baseline(input_dict: Artifacts) -> ModelSource | None:
    if not input_dict.get(spec.BASELINE_MODEL):
        return None
    path = _saved_model(_uri(input_dict, spec.BASELINE_MODEL))
    return ModelSource.from_saved_model("baseline", path)


def _saved_model(uri: str) -> str:
    """The SavedModel in a Model artifact.

    Raises:
        SignatureError: the artifact holds several exports.
    """
    try:
        return path_utils.serving_model_path(uri)
    except (RuntimeError, ValueError) as error:
        raise SignatureError(
            f"The model artifact {uri} holds several exports. Export one SavedModel "
            "to fn_args.serving_model_dir in the Trainer."
        ) from error


def _candidates(
    input_dict: Artifacts, exported: str, exec_properties: Mapping[str, Any]
) -> tuple[list[Checkpoint], Candidates]:
    """The checkpoints to sweep and the candidates made of them."""
    checkpoints = find_checkpoints(_uri(input_dict, spec.MODEL_RUN))
    if warning := deletion_warning(checkpoints):
        logging.warning(warning)
    steps = StepRange(
        _whole(exec_properties.get(spec.FIRST_STEP)),
        _whole(exec_properties.get(spec.LAST_STEP)),
        int(exec_properties.get(spec.STRIDE) or 1),
    )
    swept = steps.select(checkpoints)
    candidates = make_candidates(exported, checkpoints, swept)
    for step, reason in candidates.left_out.items():
        logging.warning("The checkpoint of step %d is left out: %s", step, reason)
    logging.info(
        "sweeping %d checkpoints, step %d to %d", len(swept), swept[0].step, swept[-1].step
    )
    return swept, candidates


def _whole(parameter: float | None) -> int | None:
    """Some orchestrators hand over whole numbers as floats."""
    return None if parameter is None else int(parameter)


def _export(
    source: ModelSource, swept: Sequence[Checkpoint], output: Sequence[types.Artifact]
) -> None:
    artifact = artifact_utils.get_single_instance(list(output))
    checkpoint = next(c for c in swept if c.name == source.name)
    write_saved_model(source, path_utils.serving_model_dir(artifact.uri))
    artifact.set_int_custom_property(blessing.STEP_PROPERTY, checkpoint.step)
