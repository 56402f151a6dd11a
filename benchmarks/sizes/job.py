"""One size: `python -m benchmarks.sizes.job JOB DATA RESULT`; and the data of all sizes."""

import dataclasses
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from benchmarks.common.memory import peak_bytes
from benchmarks.common.prepared_data import BEAM_ARGS, PreparedData, adapter_config, newest
from checkpoint_sweep.common.files import replacing
from pipeline.problems.problem import repository

# So small that predictions hardly change, and differ all the same.
_JITTER = 1e-3


@dataclasses.dataclass(frozen=True)
class Size:
    """A sweep to measure.

    Attributes:
        checkpoints: Number of checkpoints: those of the run, again under other names where it has
            fewer.
        examples: Number of examples.
    """

    checkpoints: int
    examples: int


@dataclasses.dataclass(frozen=True)
class Taken:
    """What a sweep took, after imports.

    Attributes:
        seconds: Wall time.
        cpu_seconds: CPU time of all threads.
        peak_bytes: Peak memory of the whole process.
        imported_bytes: Memory of the process before the sweep.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    imported_bytes: int


def prepare(run: Path, directory: Path, counts: Sequence[int]) -> None:
    """Makes the data; the directory appears once it is complete.

    Args:
        run: Root folder of a finished run of the taxi pipeline.
        directory: Directory to write.
        counts: Numbers of examples: those of the run, repeated, their numbers changed a little.
    """
    with replacing(directory) as scratch:
        prepared = PreparedData(Path(scratch))
        prepared.directory.mkdir()
        shutil.copytree(newest(run / "Trainer/model") / "Format-Serving", prepared.exported_model)
        shutil.copytree(newest(run / "Trainer/model_run"), prepared.model_run)
        shutil.copy(repository() / "schemas/taxi/schema.pbtxt", prepared.directory / "schema.pbtxt")
        files = sorted(map(str, newest(run / "CsvExampleGen/examples").glob("Split-*/*.gz")))
        raw = list(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator())
        options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
        for count in counts:
            with tf.io.TFRecordWriter(prepared.examples(count), options) as writer:
                for example in itertools.islice(jittered(raw), count):
                    writer.write(example)
        shutil.rmtree(directory, ignore_errors=True)


def jittered(serialized: Sequence[bytes]) -> Iterator[bytes]:
    """Yields examples without end: first as they are, then with other numbers each time."""
    generator = np.random.default_rng(0)
    examples = list(map(tf.train.Example.FromString, serialized))
    values = [
        feature.float_list.value
        for example in examples
        for feature in example.features.feature.values()
        if feature.float_list.value
    ]
    given = [list(value) for value in values]
    while True:
        for example in examples:
            yield example.SerializeToString()
        factors = generator.normal(1, _JITTER, len(values)).tolist()
        for value, before, factor in zip(values, given, factors, strict=True):
            value[:] = [number * factor for number in before]


def measure(size: Size, prepared: PreparedData) -> Taken:
    """Evaluates as the sweep does, with the taxi problem's own evaluation config."""
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions
    from tfx import v1  # noqa: F401

    from checkpoint_sweep.common.eval_config import with_defaults
    from checkpoint_sweep.evaluation.fused.engine import evaluate_fused
    from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
    from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
    from checkpoint_sweep.evaluation.request import EvaluationRequest
    from checkpoint_sweep.selection.selection import Selection
    from pipeline.problems.taxi.evaluation import eval_config
    from pipeline.problems.taxi.problem import taxi

    imported, started, cpu_before = peak_bytes(), time.monotonic(), _cpu_seconds()
    sources = prepared.sources(size.checkpoints)
    reader = prepared.tfxio(size.examples)
    config = with_defaults(eval_config(), has_baseline=False)
    with tempfile.TemporaryDirectory(prefix="sizes-") as scratch:
        request = EvaluationRequest(
            candidates=sources,
            baseline=None,
            outputs={source.name: os.path.join(scratch, source.name) for source in sources},
            eval_config=config,
            read=lambda pipeline, batch_size, columns: (
                pipeline
                | ReadFeatures(
                    [prepared.examples(size.examples)], prepared.schema(), columns, batch_size
                )
            ),
            make_pipeline=lambda: beam.Pipeline(options=PipelineOptions(list(BEAM_ARGS))),
            tensor_adapter_config=adapter_config(reader),
            tracked_metrics=find_tracked_metrics(config, Selection(taxi().select_by)),
        )
        errors = [done.error for group in evaluate_fused(request) for done in group]
    if errors != [None] * size.checkpoints:
        raise RuntimeError(f"Candidates failed: {errors}.")
    return Taken(time.monotonic() - started, _cpu_seconds() - cpu_before, peak_bytes(), imported)


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system


def main(job: str, data: str, result: str = "") -> None:
    """Measures one size, or makes the data.

    Args:
        job: `Size` as JSON, or the root folder and the counts for `prepare`.
        data: Directory of the data.
        result: File for `Taken` as JSON; not for `prepare`.
    """
    told = json.loads(job)
    if "run" in told:
        prepare(Path(told["run"]), Path(data), told["counts"])
        return
    taken = measure(Size(**told), PreparedData(Path(data)))
    Path(result).write_text(json.dumps(dataclasses.asdict(taken)))


if __name__ == "__main__":
    main(*sys.argv[1:])
