"""The reference engine: stock TFMA, one run for each candidate."""

import os
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from absl import logging
from apache_beam.metrics import Metrics, MetricsFilter

from checkpoint_sweep.common.files import write_json
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation import metric_inputs
from checkpoint_sweep.evaluation import plan as plan_lib
from checkpoint_sweep.evaluation.data_errors import user_error
from checkpoint_sweep.evaluation.engine import Evaluated, EvaluationRequest
from checkpoint_sweep.evaluation.write import PREDICTIONS
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.weight_swap import write_saved_model

_COUNTERS = "checkpoint_sweep.predictions"


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
            logging.debug("%s: stock TFMA failed", candidate.name, exc_info=True)
            known = user_error(failure)
            error = str(known) if known else f"stock TFMA failed: {first_line(failure)}"
        yield Evaluated(candidate.name, time.monotonic() - started, error)


def _evaluate_one(candidate: ModelSource, request: EvaluationRequest) -> None:
    config = request.eval_config
    output = request.outputs[candidate.name]
    with tempfile.TemporaryDirectory(prefix="candidate-") as scratch:
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
        count = tfma.extractors.Extractor("CountPredictions", beam.ParDo(_Count(config)))
        with request.make_pipeline() as pipeline:
            _ = request.read(pipeline) | tfma.ExtractEvaluateAndWriteResults(
                eval_shared_model=model,
                eval_config=config,
                output_path=output,
                extractors=[*extractors, count],
                tensor_adapter_config=request.tensor_adapter_config,
            )
        counted = pipeline.result.metrics().query(MetricsFilter().with_namespace(_COUNTERS))
        found = {c.key.metric.name: c.result for c in counted["counters"]}
        numbers = {name: int(found.get(name, 0)) for name in ("examples", "non_finite")}
        write_json(os.path.join(output, PREDICTIONS), {**numbers, "failed": None})


class _Count(beam.DoFn):
    """Counts examples, and those on which the candidate predicts NaN or infinity."""

    def __init__(self, eval_config: tfma.EvalConfig) -> None:
        self._config = eval_config
        self._examples = Metrics.counter(_COUNTERS, "examples")
        self._non_finite = Metrics.counter(_COUNTERS, "non_finite")

    def process(self, element: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Batched extracts, passed on as they are."""
        spec = plan_lib.model_spec(self._config, False)
        name = spec.name if len(self._config.model_specs) > 1 else ""
        predictions = element.get(tfma.PREDICTIONS_KEY)
        size = len(element[tfma.SLICE_KEY_TYPES_KEY])
        self._examples.inc(size)
        if predictions is not None:
            of_candidate = predictions[name] if name else predictions
            stacked = metric_inputs.stack([of_candidate])
            batch = metric_inputs.Batch(size, None, None, stacked, spec, name)
            self._non_finite.inc(int(batch.non_finite(self._config)[0]))
        yield element


def _saved_model(source: ModelSource, scratch: str) -> str:
    """A SavedModel directory for `source`: its own when it is one already, else a swapped one."""
    if source.location == source.saved_model:
        return source.saved_model
    directory = os.path.join(scratch, source.name)
    write_saved_model(source, directory)
    return directory
