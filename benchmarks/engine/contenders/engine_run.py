"""One pass of this project's engine over all checkpoints."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import END, START, TimeBatches, TimingLog
from benchmarks.engine.cases import Case, CaseOutcome
from checkpoint_sweep.evaluation.fused import required_features
from checkpoint_sweep.evaluation.fused.transform import DEFAULT_BATCH_SIZE, EvaluateModels
from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.evaluation.predict import LoadedModels
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.sweeping.beam_pipelines import pipelines


class _TimedLoad:
    """Loads the models, and records an event before and after it."""

    def __init__(self, events: TimingLog) -> None:
        self._events = events

    def __call__(self, models: Sequence[ModelSource], signature: str) -> Any:
        self._events.add("start Beam")
        loaded = LoadedModels(models, signature)
        self._events.add("load the models")
        return loaded


def evaluate(
    prepared: prepared_data.PreparedData,
    case: Case,
    scratch: str,
    events: TimingLog,
    tracked_metrics: UncertaintySpec | None,
) -> Callable[[], CaseOutcome]:
    """Evaluates all checkpoints in one pass.

    Args:
        prepared: Data and models of the benchmark.
        case: Case to measure.
        scratch: Directory for TFMA's results of each checkpoint.
        events: Log of the moments that are timed.
        tracked_metrics: Metrics that are summed by fold of the examples too; None for none.

    Returns:
        Function that reads what was computed.
    """
    events.add(START)
    sources = prepared.sources(case.checkpoints)
    outputs = {source.name: os.path.join(scratch, source.name) for source in sources}
    reader = prepared.tfxio(case.examples)
    config, adapter = prepared_data.eval_config(), prepared_data.adapter_config(reader)
    columns = required_features.columns(config, adapter.tensor_representations, sources)
    assert columns is not None
    pipeline = pipelines(prepared_data.BEAM_ARGS)()
    _ = (
        pipeline
        | ReadFeatures(
            [prepared.examples(case.examples)], prepared.schema(), columns, DEFAULT_BATCH_SIZE
        )
        | beam.ParDo(TimeBatches(events))
        | EvaluateModels(
            sources,
            outputs,
            config,
            tensor_adapter_config=adapter,
            load=_TimedLoad(events),
            tracked_metrics=tracked_metrics,
        )
    )
    events.add("build the pipeline")
    pipeline.run().wait_until_finish()
    events.add(END)
    return lambda: CaseOutcome(*prepared_data.tfma_outcome(outputs[sources[-1].name]))
