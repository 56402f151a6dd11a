"""The reference engine: stock TFMA, one run for each candidate."""

import os
import tempfile
import time
from collections.abc import Iterator

import tensorflow_model_analysis as tfma
from absl import logging

from checkpoint_sweep.evaluation.engine import Evaluated, EvaluationRequest
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.weight_swap import write_saved_model


def evaluate_with_tfma(request: EvaluationRequest) -> Iterator[Evaluated]:
    """Runs `tfma.ExtractEvaluateAndWriteResults` once for each candidate.

    A candidate whose run fails is yielded with its error, and the next one is taken up.

    Args:
        request: what to evaluate.

    Yields:
        Each candidate, in the order of the request.
    """
    for candidate in request.candidates:
        started = time.monotonic()
        error = None
        try:
            _evaluate_one(candidate, request)
        except Exception as failure:
            logging.warning("%s: stock TFMA failed", candidate.name, exc_info=True)
            error = f"evaluation failed: {type(failure).__name__}: {failure}"
        yield Evaluated(candidate.name, time.monotonic() - started, error)


def _evaluate_one(candidate: ModelSource, request: EvaluationRequest) -> None:
    with tempfile.TemporaryDirectory(prefix="candidate-") as scratch:
        models = []
        for spec in request.eval_config.model_specs:
            source = request.baseline if spec.is_baseline else candidate
            assert source is not None, f"model spec {spec.name!r} has no model"
            models.append(
                tfma.default_eval_shared_model(
                    eval_saved_model_path=_saved_model(source, scratch),
                    model_name=spec.name,
                    eval_config=request.eval_config,
                )
            )
        with request.make_pipeline() as pipeline:
            _ = request.read(pipeline) | tfma.ExtractEvaluateAndWriteResults(
                eval_shared_model=models[0] if len(models) == 1 else models,
                eval_config=request.eval_config,
                output_path=request.outputs[candidate.name],
                tensor_adapter_config=request.tensor_adapter_config,
            )


def _saved_model(source: ModelSource, scratch: str) -> str:
    """A SavedModel directory for `source`: its own when it is one already, else a swapped one."""
    if source == ModelSource.from_saved_model(source.name, source.saved_model):
        return source.saved_model
    directory = os.path.join(scratch, source.name)
    write_saved_model(source, directory)
    return directory
