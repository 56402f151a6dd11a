"""One run of stock TFMA, for one model or several."""

from collections.abc import Sequence

import apache_beam as beam
import tensorflow_model_analysis as tfma
from apache_beam.options.pipeline_options import PipelineOptions

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import END, START, TimeBatches, TimingLog
from benchmarks.engine.cases import Case
from checkpoint_sweep.model_run.checkpoints import Checkpoint


def evaluate(
    prepared: prepared_data.PreparedData,
    case: Case,
    checkpoints: Sequence[Checkpoint],
    output: str,
    events: TimingLog,
) -> None:
    """Evaluates the checkpoints' SavedModels together, as the stock Evaluator does.

    Args:
        prepared: Data and models of the benchmark.
        case: Case to measure.
        checkpoints: Checkpoints to evaluate; several are told apart in the results by their names,
            one has none.
        output: Directory for TFMA's results.
        events: Log of the moments that are timed.
    """
    events.add(START)
    names = tuple(c.name for c in checkpoints) if len(checkpoints) > 1 else ("",)
    config = prepared_data.eval_config(names)
    models = [
        tfma.default_eval_shared_model(prepared.saved_model(c), model_name=name, eval_config=config)
        for c, name in zip(checkpoints, names, strict=True)
    ]
    reader = prepared.tfxio(case.examples)
    pipeline = beam.Pipeline(options=PipelineOptions(list(prepared_data.BEAM_ARGS)))
    _ = (
        pipeline
        | reader.BeamSource()
        | beam.ParDo(TimeBatches(events))
        | tfma.ExtractEvaluateAndWriteResults(
            eval_shared_model=models if len(models) > 1 else models[0],
            eval_config=config,
            output_path=output,
            tensor_adapter_config=prepared_data.adapter_config(reader),
        )
    )
    events.add("build the pipeline")
    pipeline.run().wait_until_finish()
    events.add(END)
