"""The default engine: as many candidates in one pass over the data as fit into memory."""

import time
from collections.abc import Iterator, Sequence

from absl import logging

from checkpoint_sweep.evaluation import fused, required_features, update
from checkpoint_sweep.evaluation.data_errors import user_error
from checkpoint_sweep.evaluation.engine import Evaluated, EvaluationRequest
from checkpoint_sweep.evaluation.evaluate_models import DEFAULT_BATCH_SIZE, EvaluateModels
from checkpoint_sweep.evaluation.results import read_predictions
from checkpoint_sweep.evaluation.stock_engine import evaluate_with_tfma
from checkpoint_sweep.evaluation.support import unsupported_reason
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.tensor_bundle import unreadable


def evaluate_fused(request: EvaluationRequest) -> Iterator[Evaluated]:
    """Evaluates candidates together; what this cannot do goes to stock TFMA, and says so.

    Candidates that do not fit into the memory budget together are evaluated in groups, one
    after the other, each with the baseline: steps of one Beam pipeline would all be loaded at once.

    Args:
        request: what to evaluate.

    Yields:
        The candidates of a group, once it is done.

    Raises:
        UserError: the examples cannot be read, or metrics not computed on them.
    """
    baseline = [request.baseline] if request.baseline else []
    if reason := unsupported_reason(request.eval_config, [*request.candidates, *baseline]):
        logging.warning("Evaluating with stock TFMA, a run for each candidate: %s.", reason)
        yield from evaluate_with_tfma(request)
        return
    for group in fused.plan_groups(request.candidates, request.memory_budget, baseline):
        started = time.monotonic()
        gone = _evaluate_readable(group, request)
        update.release()
        seconds = (time.monotonic() - started) / len(group)
        for candidate in group:
            if reason := gone.get(candidate.name):
                yield Evaluated(candidate.name, seconds, reason)
                continue
            predictions = read_predictions(request.outputs[candidate.name])
            error = predictions.obstacle if predictions.failed else None
            yield Evaluated(candidate.name, seconds, error)


def _evaluate_readable(group: Sequence[ModelSource], request: EvaluationRequest) -> dict[str, str]:
    """Evaluates a group, without those that have become unreadable; why these are, by name."""
    try:
        _evaluate(group, request)
    except Exception:
        reasons = {model.name: unreadable(model) for model in group}
        gone = {name: f"unreadable: {reason}" for name, reason in reasons.items() if reason}
        if not gone:
            raise
        if left := [model for model in group if model.name not in gone]:
            update.release()
            gone |= _evaluate_readable(left, request)
        return gone
    return {}


def _evaluate(group: Sequence[ModelSource], request: EvaluationRequest) -> None:
    """One Beam pipeline for the candidates of a group."""
    config = request.tensor_adapter_config
    columns = required_features.columns(
        request.eval_config,
        config.tensor_representations if config else {},
        [*group, *([request.baseline] if request.baseline else [])],
    )
    batch_size = request.batch_size or DEFAULT_BATCH_SIZE
    try:
        with request.make_pipeline() as pipeline:
            batches = request.read(pipeline, batch_size=batch_size, columns=columns)
            _ = batches | EvaluateModels(
                group,
                request.outputs,
                request.eval_config,
                baseline=request.baseline,
                tensor_adapter_config=config,
                batch_size=batch_size,
                decisive=request.decisive,
            )
    except Exception as error:
        if found := user_error(error):
            raise found from error
        raise
