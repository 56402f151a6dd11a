"""This project's engine, as the sweep runs it: all checkpoints in one pass."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from benchmarks import problem as problem_lib
from benchmarks.cases import Case, Outcome
from benchmarks.stamps import END, START, StampBatches, Stamps
from checkpoint_sweep.evaluation.fused import required_features
from checkpoint_sweep.evaluation.fused.transform import DEFAULT_BATCH_SIZE, EvaluateModels
from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.evaluation.predict import LoadedModels
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.selection import Selection


class _StampedLoad:
    """`fused.load`, and a stamp before and after it."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps

    def __call__(self, models: Sequence[ModelSource], signature: str) -> Any:
        self._stamps.add("start Beam")
        loaded = LoadedModels(models, signature)
        self._stamps.add("load the models")
        return loaded


def run(
    problem: problem_lib.Problem, case: Case, scratch: str, stamps: Stamps
) -> Callable[[], Outcome]:
    """See the package."""
    stamps.add(START)
    sources = problem.sources(case.checkpoints)
    outputs = {source.name: os.path.join(scratch, source.name) for source in sources}
    reader = problem.tfxio(case.examples)
    config, adapter = problem_lib.eval_config(), problem_lib.adapter_config(reader)
    columns = required_features.columns(config, adapter.tensor_representations, sources)
    assert columns is not None
    pipeline = beam.Pipeline(options=PipelineOptions(list(problem_lib.BEAM_ARGS)))
    _ = (
        pipeline
        | ReadFeatures(
            [problem.examples(case.examples)], problem.schema(), columns, DEFAULT_BATCH_SIZE
        )
        | beam.ParDo(StampBatches(stamps))
        | EvaluateModels(
            sources,
            outputs,
            config,
            tensor_adapter_config=adapter,
            load=_StampedLoad(stamps),
            tracked_metrics=find_tracked_metrics(config, Selection("auc")),
        )
    )
    stamps.add("build the pipeline")
    pipeline.run().wait_until_finish()
    stamps.add(END)
    return lambda: Outcome(*problem_lib.tfma_outcome(outputs[sources[-1].name]))
