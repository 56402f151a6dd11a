"""This project's engine, as the sweep runs it: all checkpoints in one pass."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import END, START, TimeBatches, TimingLog
from benchmarks.engine.cases import Case, CaseOutcome
from checkpoint_sweep.evaluation.fused import required_features
from checkpoint_sweep.evaluation.fused.transform import DEFAULT_BATCH_SIZE, EvaluateModels
from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.evaluation.predict import LoadedModels
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.selection import Selection


class _TimedLoad:
    """Loads the models, and records an event before and after it."""

    def __init__(self, events: TimingLog) -> None:
        self._events = events

    def __call__(self, models: Sequence[ModelSource], signature: str) -> Any:
        self._events.add("start Beam")
        loaded = LoadedModels(models, signature)
        self._events.add("load the models")
        return loaded


def run(
    prepared: prepared_data.PreparedData, case: Case, scratch: str, events: TimingLog
) -> Callable[[], CaseOutcome]:
    """Evaluates all checkpoints in one pass, see the package."""
    events.add(START)
    sources = prepared.sources(case.checkpoints)
    outputs = {source.name: os.path.join(scratch, source.name) for source in sources}
    reader = prepared.tfxio(case.examples)
    config, adapter = prepared_data.eval_config(), prepared_data.adapter_config(reader)
    columns = required_features.columns(config, adapter.tensor_representations, sources)
    assert columns is not None
    pipeline = beam.Pipeline(options=PipelineOptions(list(prepared_data.BEAM_ARGS)))
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
            tracked_metrics=find_tracked_metrics(config, Selection("auc")),
        )
    )
    events.add("build the pipeline")
    pipeline.run().wait_until_finish()
    events.add(END)
    return lambda: CaseOutcome(*prepared_data.tfma_outcome(outputs[sources[-1].name]))
