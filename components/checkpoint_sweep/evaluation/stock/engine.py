"""The reference engine: stock TFMA, one run for each candidate."""

import dataclasses
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from absl import logging
from apache_beam.metrics import Metrics, MetricsFilter
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.extractors.unbatch_extractor import UNBATCH_EXTRACTOR_STAGE_NAME
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common import progress
from checkpoint_sweep.common.files import write_json
from checkpoint_sweep.evaluation.data_errors import (
    check_baseline,
    check_oddities,
    check_values,
    in_a_sentence,
    user_error,
)
from checkpoint_sweep.evaluation.plan import metric_inputs, probability_thresholds
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.request import Evaluated, EvaluationRequest
from checkpoint_sweep.evaluation.results.candidate import Predictions
from checkpoint_sweep.evaluation.results.files import PREDICTIONS
from checkpoint_sweep.evaluation.stock.defined_metrics import where_defined
from checkpoint_sweep.evaluation.stock.pipeline import pipeline_for_tfma
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.tensor_bundle import unreadable_reason
from checkpoint_sweep.saved_model.weight_swap import write_saved_model

_COUNTERS = "checkpoint_sweep.predictions"
_OUTSIDE = "outside:"  # And the name of an output.


def evaluate_with_tfma(request: EvaluationRequest) -> Iterator[Sequence[Evaluated]]:
    """Runs `tfma.ExtractEvaluateAndWriteResults` once for each candidate.

    What the labels do not define has no value, where TFMA has 0.

    A candidate that cannot be read, or on whose NaN or infinite predictions TFMA fails, is yielded
    with its error, and the next one is taken up.

    Args:
        request: Request to evaluate.

    Yields:
        Each candidate, a group of its own, in the order of the request.

    Raises:
        UserError: The examples cannot be read, or metrics not computed on them.
    """
    for candidate in request.candidates:
        started = time.monotonic()
        error = None
        try:
            _evaluate_one(candidate, request)
        except Exception as failure:
            logging.debug("%s: stock TFMA failed", candidate.name, exc_info=True)
            error = _failure_reason(failure, candidate, request)
        yield [Evaluated(candidate.name, time.monotonic() - started, error)]


def _failure_reason(failure: Exception, candidate: ModelSource, request: EvaluationRequest) -> str:
    """Says why a candidate, and not all of them, cannot be evaluated.

    Raises:
        UserError: Something else than this candidate is at fault.
    """
    if known := user_error(failure):
        raise known from failure
    if reason := unreadable_reason(candidate):
        return f"unreadable: {reason}"
    advice = "Correct the evaluation config or the data."
    with in_a_sentence("Stock TFMA cannot evaluate this", advice):
        predictions = _predict(candidate, request, looking=False)
        if reason := predictions.excluded_reason:
            _write(predictions, request.outputs[candidate.name])
            return reason
        _predict(candidate, request, looking=True)
        raise failure
    raise AssertionError  # Unreachable.


def _evaluate_one(candidate: ModelSource, request: EvaluationRequest) -> None:
    """Evaluates a candidate, and writes how many predictions are not finite."""
    output = request.outputs[candidate.name]
    with tempfile.TemporaryDirectory(prefix="candidate-") as scratch:
        model, extractors = _extractors(candidate, request, scratch)
        with pipeline_for_tfma(request.make_pipeline) as pipeline:
            _ = request.read(pipeline) | tfma.ExtractEvaluateAndWriteResults(
                eval_shared_model=model,
                eval_config=request.eval_config,
                output_path=output,
                extractors=extractors,
                evaluators=tfma.default_evaluators(
                    eval_shared_model=model, eval_config=where_defined(request.eval_config)
                ),
                tensor_adapter_config=request.tensor_adapter_config,
            )
        _write(_counted(pipeline), output)


def _predict(candidate: ModelSource, request: EvaluationRequest, looking: bool) -> Predictions:
    """Predicts without metrics, to see on what TFMA has failed.

    Args:
        looking: Whether to look at labels, weights and the baseline too.

    Raises:
        EvaluationError: The labels or weights are at fault, or the baseline is.
    """
    with tempfile.TemporaryDirectory(prefix="candidate-") as scratch:
        _, extractors = _extractors(candidate, request, scratch, looking)
        with pipeline_for_tfma(request.make_pipeline) as pipeline:
            extracts = request.read(pipeline) | tfma.BatchedInputsToExtracts()
            for extractor in extractors:
                extracts = extracts | extractor.stage_name >> extractor.ptransform
        return dataclasses.replace(_counted(pipeline), failed="TFMA")


def _extractors(
    candidate: ModelSource, request: EvaluationRequest, scratch: str, looking: bool = False
) -> tuple[Any, list[Any]]:
    """Makes the models as TFMA takes them, and its extractors with one that counts predictions."""
    config = request.eval_config
    models = []
    for spec in config.model_specs:
        source = request.baseline if spec.is_baseline else candidate
        assert source is not None, f"model spec {spec.name!r} has no model"
        models.append(
            tfma.default_eval_shared_model(
                eval_saved_model_path=_saved_model(source, scratch),
                model_name=spec.name,
                eval_config=config,
            )
        )
    model = models[0] if len(models) == 1 else models
    extractors = tfma.default_extractors(
        eval_shared_model=model,
        eval_config=config,
        tensor_adapter_config=request.tensor_adapter_config,
    )
    count = tfma.extractors.Extractor("CountPredictions", beam.ParDo(_Count(config, looking)))
    # The extractors after this one take examples one by one, and it counts whole batches.
    stages = [extractor.stage_name for extractor in extractors]
    unbatch = UNBATCH_EXTRACTOR_STAGE_NAME
    position = stages.index(unbatch) if unbatch in stages else len(stages)
    return model, [*extractors[:position], count, *extractors[position:]]


def _counted(pipeline: beam.Pipeline) -> Predictions:
    counted = pipeline.result.metrics().query(MetricsFilter().with_namespace(_COUNTERS))
    found = {c.key.metric.name: int(c.result) for c in counted["counters"]}
    outside = {
        name.removeprefix(_OUTSIDE): number
        for name, number in found.items()
        if name.startswith(_OUTSIDE)
    }
    return Predictions(found.get("examples", 0), found.get("non_finite", 0), outside=outside)


def _write(predictions: Predictions, output: str) -> None:
    write_json(os.path.join(output, PREDICTIONS), dataclasses.asdict(predictions))


class _Count(beam.DoFn):
    """Counts examples, and those on which the candidate predicts NaN or infinity.

    Args:
        eval_config: Config of the evaluation, with its defaults.
        looking: Whether to look for what may be wrong with labels, weights and the baseline.
    """

    def __init__(self, eval_config: config_pb2.EvalConfig, looking: bool) -> None:
        self._config = eval_config
        self._looking = looking
        self._examples = Metrics.counter(_COUNTERS, "examples")
        self._non_finite = Metrics.counter(_COUNTERS, "non_finite")
        self._outside = {
            name: Metrics.counter(_COUNTERS, f"{_OUTSIDE}{name}")
            for name in probability_thresholds.outputs(eval_config)
        }

    def process(self, element: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Counts the examples of batched extracts, and passes these on as they are.

        Raises:
            EvaluationError: Labels or weights are not finite, or, when looking, not what metrics
                take; or the baseline's predictions are not finite.
        """
        size = len(element[constants.INPUT_KEY])
        check_values(element, self._config, size)
        self._examples.inc(size)
        if (batch := self._batch(element, size, False)) is not None:
            self._non_finite.inc(int(batch.non_finite(self._config)[0]))
            for name, counter in self._outside.items():
                counter.inc(int(batch.outside(name, probability_thresholds.TOLERANCE)[0]))
        if self._looking:
            if any(spec.is_baseline for spec in self._config.model_specs):
                baseline = self._batch(element, size, True)
                bad = 0 if baseline is None else int(baseline.non_finite(self._config)[0])
                check_baseline(bad, size)
            check_oddities(element, self._config, size)
        else:
            progress.done(size, 1)
        yield element

    def _batch(
        self, element: dict[str, Any], size: int, of_baseline: bool
    ) -> metric_inputs.Batch | None:
        """Returns the predictions of the candidate or of the baseline; None without any."""
        spec = plan_lib.model_spec(self._config, of_baseline)
        name = spec.name if len(self._config.model_specs) > 1 else ""
        predictions = element.get(tfma.PREDICTIONS_KEY)
        if predictions is None:
            return None
        stacked = metric_inputs.stack([predictions[name] if name else predictions])
        return metric_inputs.Batch(size, None, None, stacked, spec, name)


def _saved_model(source: ModelSource, scratch: str) -> str:
    """Finds a SavedModel directory for `source`, or writes one with its weights."""
    if source.location == source.saved_model.directory:
        return source.location
    directory = os.path.join(scratch, source.name)
    write_saved_model(source, directory)
    return directory
