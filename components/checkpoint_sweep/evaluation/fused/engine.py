"""The default engine: as many candidates in one pass over the data as fit into memory."""

import dataclasses
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apache_beam as beam
from absl import logging

from checkpoint_sweep.evaluation.data_errors import user_error
from checkpoint_sweep.evaluation.fused import required_features
from checkpoint_sweep.evaluation.fused.loading import release
from checkpoint_sweep.evaluation.fused.racing import race
from checkpoint_sweep.evaluation.fused.racing.partial import Round
from checkpoint_sweep.evaluation.fused.transform import DEFAULT_BATCH_SIZE, EvaluateModels
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.evaluation.inputs.parallelism import drops_ends_of_bundles
from checkpoint_sweep.evaluation.predict import plan_groups
from checkpoint_sweep.evaluation.request import Evaluated, EvaluationRequest
from checkpoint_sweep.evaluation.results.candidate import read_predictions
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.tensor_bundle import unreadable_reason


def evaluate_fused(request: EvaluationRequest) -> Iterator[Sequence[Evaluated]]:
    """Evaluates candidates together, which `preflight.support` says can be.

    Candidates that do not fit into the memory budget together are evaluated in groups, one
    after the other, each with the baseline: steps of one Beam pipeline would all be loaded at once.

    Args:
        request: Request to evaluate.

    Yields:
        The candidates of a group, once it is done.

    Raises:
        UserError: The examples cannot be read, or metrics not computed on them.
    """
    baseline = [request.baseline] if request.baseline else []
    if request.race is not None and len(request.candidates) > 1:
        if reason := race.unsupported_reason(request):
            logging.warning("All candidates are evaluated on all examples: %s.", reason)
        else:
            groups = race.evaluate_race(request, _run_round(request))
            yield from ([_with_error(done, request) for done in group] for group in groups)
            return
    for part in _by_preprocessing(request):
        groups = _in_groups(part, baseline)
        yield from ([_with_error(done, request) for done in group] for group in groups)


def _by_preprocessing(request: EvaluationRequest) -> list[EvaluationRequest]:
    """Divides a request where exports have preprocessing functions of their own."""
    if preprocessing.are_shared(request.eval_config, request.candidates):
        return [request]
    prints = {c.saved_model: c.saved_model.fingerprint for c in request.candidates}
    return [
        dataclasses.replace(
            request, candidates=[c for c in request.candidates if prints[c.saved_model] == one]
        )
        for one in dict.fromkeys(prints.values())
    ]


def _with_error(done: Evaluated, request: EvaluationRequest) -> Evaluated:
    """Adds the error of a candidate whose predictions TFMA cannot evaluate."""
    error = done.error
    if error is None:
        predictions = read_predictions(request.outputs[done.name])
        error = predictions.excluded_reason if predictions.failed else None
    return dataclasses.replace(done, error=error)


def _in_groups(
    request: EvaluationRequest, baseline: Sequence[ModelSource]
) -> Iterator[Sequence[Evaluated]]:
    for group in plan_groups(request.candidates, request.memory_budget, baseline):
        started = time.monotonic()
        gone = _without_unreadable(group, functools.partial(_evaluate, request))
        release()
        seconds = (time.monotonic() - started) / len(group)
        yield [Evaluated(model.name, seconds, gone.get(model.name)) for model in group]


def _run_round(
    request: EvaluationRequest,
) -> Callable[[Sequence[ModelSource], Round], dict[str, str]]:
    def run(group: Sequence[ModelSource], this_round: Round) -> dict[str, str]:
        return _without_unreadable(
            group, functools.partial(_evaluate, request, this_round=this_round)
        )

    return run


def _without_unreadable(
    group: Sequence[ModelSource], evaluate: Callable[[Sequence[ModelSource]], None]
) -> dict[str, str]:
    """Evaluates the readable models of a group; returns why others are unreadable, by name."""
    try:
        evaluate(group)
    except Exception:
        reasons = {model.name: unreadable_reason(model) for model in group}
        gone = {name: f"unreadable: {reason}" for name, reason in reasons.items() if reason}
        if not gone:
            raise
        if left := [model for model in group if model.name not in gone]:
            release()
            gone |= _without_unreadable(left, evaluate)
        return gone
    return {}


def _evaluate(
    request: EvaluationRequest, group: Sequence[ModelSource], this_round: Round | None = None
) -> None:
    """Runs a Beam pipeline for the candidates of a group, on all examples or those of a round."""
    config = request.tensor_adapter_config
    baseline = [request.baseline] if request.baseline else []
    columns = required_features.columns(
        request.eval_config,
        config.tensor_representations if config else {},
        [*group, *baseline],
        request.tracked_metrics.cluster_key if request.tracked_metrics else None,
    )
    batch_size = request.batch_size or DEFAULT_BATCH_SIZE
    transform: beam.PTransform = EvaluateModels(
        group,
        request.outputs,
        request.eval_config,
        baseline=request.baseline,
        tensor_adapter_config=config,
        batch_size=batch_size,
        tracked_metrics=request.tracked_metrics,
        this_round=this_round,
    )
    try:
        with request.make_pipeline() as pipeline:
            read = reading_for(request, pipeline)
            _ = read(pipeline, batch_size=batch_size, columns=columns) | transform
    except Exception as error:
        if found := user_error(error):
            raise found from error
        raise


def reading_for(request: EvaluationRequest, pipeline: beam.Pipeline) -> Callable[..., Any]:
    """Chooses how a pipeline reads the examples: if a bundle has no state, in parts of files.

    Args:
        request: Request with both.
        pipeline: Pipeline with its runner.
    """
    if request.read_in_parts is not None and drops_ends_of_bundles(pipeline):
        return request.read_in_parts
    return request.read
