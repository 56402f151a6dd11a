"""An executor for the stock Evaluator that evaluates in one pass."""

import json
import os
from collections.abc import Mapping
from typing import Any

import apache_beam as beam
from absl import logging
from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.components.evaluator import constants
from tfx.components.evaluator import executor as stock
from tfx.types import artifact_utils
from tfx.types import standard_component_specs as keys
from tfx.utils import path_utils

from checkpoint_sweep.common import progress
from checkpoint_sweep.common.errors import speaking
from checkpoint_sweep.common.eval_config import parse, unvalidated_reason, with_defaults
from checkpoint_sweep.common.files import write_json
from checkpoint_sweep.common.names import ModelNames
from checkpoint_sweep.common.wording import Interface
from checkpoint_sweep.evaluation.data_errors import EvaluationError
from checkpoint_sweep.evaluation.engine import get_engine
from checkpoint_sweep.evaluation.plan.probability_thresholds import out_of_range
from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.evaluation.preflight.preflight import preflight
from checkpoint_sweep.evaluation.preflight.weights import check_weights
from checkpoint_sweep.evaluation.request import DEFAULT_ENGINE, EvaluationRequest
from checkpoint_sweep.evaluation.results.candidate import read_predictions
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.evaluation.results.thresholds import threshold_failures, without_meaning
from checkpoint_sweep.evaluation.stock.pipeline import pipeline_for_tfma
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.formatting import blessing_word
from checkpoint_sweep.tfx_components import parameters
from checkpoint_sweep.tfx_components.blessing import write_blessing_file
from checkpoint_sweep.tfx_components.evaluator.card import leave_card
from checkpoint_sweep.tfx_components.evaluator.verdict import (
    VERDICT,
    VERDICT_VERSION,
    EvaluatorVerdict,
    findings,
    in_words,
)
from checkpoint_sweep.tfx_components.examples import open_examples
from checkpoint_sweep.tfx_components.identity import identity
from checkpoint_sweep.tfx_components.models import saved_model
from checkpoint_sweep.tfx_components.sweep.spec import CLUSTER_KEY

Artifacts = dict[str, list[types.Artifact]]


class EvaluatorExecutor(stock.Executor):
    """Evaluates a candidate, and a baseline if there is one, in one pass over the examples.

    What only the stock executor does (user modules, fairness indicators, evaluation without a
    model or without an `eval_config`) is left to it.
    """

    def _make_beam_pipeline(self) -> beam.Pipeline:
        """Makes the pipelines of the stock executor, to which alone this is handed."""
        return pipeline_for_tfma(super()._make_beam_pipeline)

    @speaking(Interface.TFX)
    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Evaluates and blesses; see `tfx.components.Evaluator` for inputs and outputs.

        Raises:
            UserError: The model artifact is empty or damaged, or the evaluation config, the models
                and the examples do not fit together, or the evaluation failed.
        """
        if reason := _stock_reason(input_dict, exec_properties):
            logging.info("Evaluating with the stock executor: %s.", reason)
            super().Do(input_dict, output_dict, exec_properties)
            return
        self._log_startup(input_dict, output_dict, exec_properties)
        candidate = _source("candidate", input_dict[keys.MODEL_KEY])
        baseline = None
        if input_dict.get(keys.BASELINE_MODEL_KEY):
            baseline = _source("baseline", input_dict[keys.BASELINE_MODEL_KEY])
        configured = parse(exec_properties[keys.EVAL_CONFIG_KEY])
        eval_config = with_defaults(configured, has_baseline=baseline is not None)
        splits = ["eval"]
        if (given := exec_properties.get(keys.EXAMPLE_SPLITS_KEY)) not in (None, "", "null", "[]"):
            splits = parameters.names(keys.EXAMPLE_SPLITS_KEY, given)
        source = open_examples(
            input_dict[keys.EXAMPLES_KEY], splits, input_dict.get(keys.SCHEMA_KEY), "Evaluator"
        )
        cluster_key = exec_properties.get(CLUSTER_KEY) or None
        warnings = preflight(
            eval_config, source, candidate.saved_model, baseline, cluster_key=cluster_key
        )
        check_weights(candidate)
        for warning in warnings:
            logging.warning(warning)
        evaluation = artifact_utils.get_single_uri(output_dict[keys.EVALUATION_KEY])
        request = EvaluationRequest(
            candidates=[candidate],
            baseline=baseline,
            outputs={candidate.name: evaluation},
            eval_config=eval_config,
            read=source.read,
            read_in_parts=source.in_parts,
            make_pipeline=super()._make_beam_pipeline,
            tensor_adapter_config=source.tensor_adapter_config,
            tracked_metrics=find_tracked_metrics(eval_config, None, cluster_key),
        )
        with progress.counting(source.counts):
            progress.expect(1)
            for (done,) in get_engine(DEFAULT_ENGINE)(request):
                if done.error and not read_predictions(evaluation).failed:
                    raise EvaluationError(done.error)
        blessing = artifact_utils.get_single_instance(output_dict[keys.BLESSING_KEY])
        metrics = EvaluationMetrics(evaluation)
        verdict = _bless(blessing, metrics, eval_config)
        model = input_dict[keys.MODEL_KEY][0]
        origin = identity(self._context)
        leave_card(blessing, verdict, metrics, model, eval_config, splits, origin)
        _set_properties(blessing, input_dict, exec_properties)


def _stock_reason(input_dict: Artifacts, exec_properties: Mapping[str, Any]) -> str | None:
    if not exec_properties.get(keys.EVAL_CONFIG_KEY):
        return "there is no eval_config"
    if not input_dict.get(keys.MODEL_KEY):
        return "there is no model"
    if exec_properties.get(keys.MODULE_PATH_KEY) or exec_properties.get(keys.MODULE_FILE_KEY):
        return "a user module customizes it"
    if json.loads(exec_properties.get(keys.FAIRNESS_INDICATOR_THRESHOLDS_KEY) or "null"):
        return "fairness indicators are asked for by threshold"
    return None


def _source(name: str, artifacts: list[types.Artifact]) -> ModelSource:
    artifact = artifact_utils.get_single_instance(artifacts)
    path = saved_model(artifact.uri, path_utils.is_old_model_artifact(artifact))
    source = ModelSource.from_saved_model(name, path)
    if not source.saved_model.exists():
        raise EvaluationError(
            f"The {name} model artifact {artifact.uri} holds no SavedModel. If it comes from a "
            "checkpoint sweep, no checkpoint passed: its blessing says why."
        )
    return source


def _bless(
    blessing: types.Artifact, metrics: EvaluationMetrics, eval_config: config_pb2.EvalConfig
) -> EvaluatorVerdict:
    """Writes the verdict, and returns it."""
    found = findings(read_replicates(metrics.directory, ModelNames.of(eval_config), metrics))
    words = in_words(found)
    metrics_found = [finding.to_json() for finding in found]
    content = {"version": VERDICT_VERSION, "words": words, "metrics": metrics_found}
    write_json(os.path.join(blessing.uri, VERDICT), content)
    verdict = _judge(metrics.directory, eval_config, words)
    write_blessing_file(blessing, verdict.blessed, verdict.reason)
    logging.info("%s on held-out examples", blessing_word(verdict.blessed))
    return verdict


def _judge(evaluation: str, eval_config: config_pb2.EvalConfig, words: str) -> EvaluatorVerdict:
    """Decides whether the model is blessed, and why; without thresholds to meet it is not."""
    predictions = read_predictions(evaluation)
    if reason := predictions.excluded_reason:
        return EvaluatorVerdict(False, f"Do not ship this model: {reason}.")
    if unvalidated := unvalidated_reason(eval_config):
        sentence = f"{unvalidated[0].upper()}{unvalidated[1:]}: nothing was validated."
        return EvaluatorVerdict(False, sentence)
    beyond = out_of_range(eval_config, predictions.outside, predictions.examples)
    failures = [*threshold_failures(evaluation), *without_meaning(eval_config, beyond)]
    if failures:
        return EvaluatorVerdict(False, "\n".join(failures))
    return EvaluatorVerdict(True, f"It passed every threshold{words and f': {words}'}.")


def _set_properties(
    blessing: types.Artifact, input_dict: Artifacts, exec_properties: Mapping[str, Any]
) -> None:
    """Sets the properties by which the stock Resolver finds the latest blessed model."""
    model = input_dict[keys.MODEL_KEY][0]
    blessing.set_string_custom_property(
        constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY, model.uri
    )
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, model.id)
    if input_dict.get(keys.BASELINE_MODEL_KEY):
        baseline = input_dict[keys.BASELINE_MODEL_KEY][0]
        blessing.set_string_custom_property(
            constants.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY, baseline.uri
        )
        blessing.set_int_custom_property(
            constants.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY, baseline.id
        )
    if "current_component_id" in exec_properties:
        blessing.set_string_custom_property("component_id", exec_properties["current_component_id"])
