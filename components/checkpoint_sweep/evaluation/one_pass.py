"""The default engine: all candidates in one pass over the data."""

import time
from collections.abc import Iterator

from absl import logging
from checkpoint_sweep.evaluation import required_features
from checkpoint_sweep.evaluation.engine import Evaluated, EvaluationRequest
from checkpoint_sweep.evaluation.evaluate_models import DEFAULT_BATCH_SIZE, EvaluateModels
from checkpoint_sweep.evaluation.stock import evaluate_with_tfma
from checkpoint_sweep.evaluation.support import unsupported_reason


def evaluate_in_one_pass(request: EvaluationRequest) -> Iterator[Evaluated]:
    """Evaluates all candidates together; what this cannot do goes to stock TFMA, and says so.

    Args:
        request: what to evaluate.

    Yields:
        All candidates, once all are done.
    """
    sources = [*request.candidates, *([request.baseline] if request.baseline else [])]
    if reason := unsupported_reason(request.eval_config, sources):
        logging.warning("Evaluating with stock TFMA, a run for each candidate: %s.", reason)
        yield from evaluate_with_tfma(request)
        return
    started = time.monotonic()
    config = request.tensor_adapter_config
    columns = required_features.columns(
        request.eval_config,
        request.schema,
        config.tensor_representations if config else {},
        sources,
    )
    batch_size = request.batch_size or DEFAULT_BATCH_SIZE
    with request.make_pipeline() as pipeline:
        batches = request.read(pipeline, batch_size=batch_size, columns=columns)
        _ = batches | EvaluateModels(
            request.candidates,
            request.outputs,
            request.eval_config,
            baseline=request.baseline,
            schema=request.schema,
            tensor_adapter_config=request.tensor_adapter_config,
            batch_size=batch_size,
            memory_budget=request.memory_budget,
        )
    seconds = (time.monotonic() - started) / len(request.candidates)
    for candidate in request.candidates:
        yield Evaluated(candidate.name, seconds)
