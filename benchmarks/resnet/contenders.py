"""One measurement on ResNet: `python -m benchmarks.resnet.contenders CONTENDER JOB RESULT`."""

import dataclasses
import functools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.common.memory import peak_bytes
from benchmarks.common.timing_events import BATCH, END, START, TimeBatches, TimingLog, split_time
from benchmarks.resnet.job import ResnetJob

_SIGNATURE = "serving_default"


def engine(job: ResnetJob, scratch: str, events: TimingLog) -> float:
    """Evaluates by this project's engine; finding the averages is part of it."""
    import apache_beam as beam
    import tensorflow_model_analysis as tfma

    from benchmarks.common.prepared_data import BEAM_ARGS, adapter_config
    from checkpoint_sweep.common.eval_config import with_defaults
    from checkpoint_sweep.evaluation import EvaluateModels
    from checkpoint_sweep.evaluation.fused import required_features
    from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
    from checkpoint_sweep.evaluation.predict import LoadedModels
    from checkpoint_sweep.sweeping.beam_pipelines import pipelines
    from pipeline.problems.digits.evaluation import eval_config

    def load(models: Any, signature: str) -> Any:
        events.add("start Beam")
        loaded = LoadedModels(models, signature)
        events.add("load the models")
        return loaded

    events.add(START)
    sources = job.sources()
    events.add("find the averages")
    outputs = {source.name: os.path.join(scratch, source.name) for source in sources}
    adapter = adapter_config(job.tfxio())
    config = with_defaults(eval_config(), has_baseline=False)
    columns = required_features.columns(config, adapter.tensor_representations, sources)
    assert columns is not None
    with pipelines(BEAM_ARGS)() as pipeline:
        _ = (
            pipeline
            | ReadFeatures([job.examples], job.schema(), columns, job.batch_size)
            | beam.ParDo(TimeBatches(events))
            | EvaluateModels(sources, outputs, config, tensor_adapter_config=adapter, load=load)
        )
    events.add(END)
    result = tfma.load_eval_result(outputs[sources[-1].name])
    overall = dict(result.slicing_metrics)[()][""][""]
    assert overall["example_count"]["doubleValue"] == job.count
    return float(overall["accuracy"]["doubleValue"])


def slim_evaluate_once(job: ResnetJob, scratch: str, events: TimingLog) -> float:
    """Evaluates each checkpoint by TF-Slim, with the metrics of the EstimatorSpec and no slices."""
    import tensorflow as tf

    from benchmarks.resnet import digits_slim
    from pipeline.problems.digits.network import RESNET

    class Hook(tf.estimator.SessionRunHook):
        """Records the session's creation and each batch."""

        left = job.count

        def after_create_session(self, session: Any, coord: Any) -> None:
            del session, coord
            events.add("build and restore")

        def after_run(self, run_context: Any, run_values: Any) -> None:
            del run_context, run_values
            size = min(job.batch_size, self.left)
            self.left -= size
            events.add(BATCH, size)

    values: dict[str, float] = {}
    for checkpoint in job.checkpoints():
        events.add(START)
        values = digits_slim.evaluate_once(
            checkpoint.prefix,
            RESNET,
            [job.examples],
            job.count,
            job.batch_size,
            scratch,
            hooks=[Hook()],
        )
        events.add(END)
    return float(values["accuracy"])


def bare_session_run(job: ResnetJob, scratch: str, events: TimingLog) -> float:
    """Runs the fused graph on serialized examples in memory, without metrics: the limit.

    The accuracy, by which a reader sees that the work was the same, is computed after the clock.
    """
    del scratch
    import numpy as np
    import tensorflow as tf

    from checkpoint_sweep.evaluation.predict import LoadedModels
    from pipeline.problems.digits import features

    records = tf.data.TFRecordDataset(job.examples, "GZIP")
    batches = list(records.batch(job.batch_size).as_numpy_iterator())
    sources = job.sources()
    events.add(START)
    predictor = LoadedModels(sources, _SIGNATURE)
    events.add("load the models")
    (name,) = predictor.input_specs
    predicted = []
    for batch in batches:
        (probabilities,) = predictor.predict({name: np.asarray(batch, object)})[-1].values()
        predicted.append(probabilities.argmax(axis=1))
        events.add(BATCH, len(batch))
    events.add(END)
    examples = map(tf.train.Example.FromString, np.concatenate(batches))
    labels = [example.features.feature[features.LABEL].int64_list.value[0] for example in examples]
    return float(np.mean(np.concatenate(predicted) == labels))


def contenders() -> dict[str, Callable[[ResnetJob, str, TimingLog], float]]:
    """Lists the contenders by name; each gives the accuracy of the last checkpoint."""
    return {
        contender.__name__: contender
        for contender in (engine, slim_evaluate_once, bare_session_run)
    }


def main(contender: str, job_json: str, result: str) -> None:
    """Measures one contender.

    Args:
        contender: Name of the contender.
        job_json: `ResnetJob` as JSON.
        result: File for the figures as JSON.
    """
    started = time.monotonic()
    # Imported before the clock starts, as far as a contender needs them.
    import tensorflow_model_analysis  # noqa: F401
    from tfx import v1  # noqa: F401

    import checkpoint_sweep.model_run.candidates  # noqa: F401

    imports = time.monotonic() - started
    run = functools.partial(contenders()[contender], ResnetJob(**json.loads(job_json)))
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        events = TimingLog(f"{scratch}/events")
        accuracy = run(f"{scratch}/out", events)
        peak = peak_bytes()
        figures = dataclasses.asdict(split_time(events.read())) | {
            "imports": imports,
            "peak_bytes": peak,
            "accuracy": accuracy,
        }
    Path(result).write_text(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
