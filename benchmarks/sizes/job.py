"""One size: `python -m benchmarks.sizes.job JOB DATA RESULT`; and the data of all sizes."""

import dataclasses
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from benchmarks.common.memory import peak_bytes
from benchmarks.common.prepared_data import BEAM_ARGS, PreparedData, adapter_config, newest
from benchmarks.sizes.size import Size
from checkpoint_sweep.common.eval_config import with_defaults
from checkpoint_sweep.common.files import replacing
from pipeline.problems.problem import repository
from pipeline.problems.taxi.evaluation import eval_config as taxi_eval_config

# So small that predictions hardly change, and differ all the same.
_JITTER = 1e-3
_SLICED_BY = "company"
_MANY_SLICES = f"""
model_specs {{ signature_name: "serving_default" label_key: "big_tipper" }}
slicing_specs {{}}
slicing_specs {{ feature_keys: "{_SLICED_BY}" }}
metrics_specs {{
  metrics {{ class_name: "ExampleCount" }}
  metrics {{ class_name: "AUC" }}
  metrics {{ class_name: "BinaryAccuracy" }}
  metrics {{ class_name: "BinaryCrossEntropy" }}
  metrics {{ class_name: "Calibration" }}
}}
"""


@dataclasses.dataclass(frozen=True)
class Taken:
    """What a sweep took, after imports.

    Attributes:
        seconds: Wall time.
        cpu_seconds: CPU time of all threads.
        groups: Number of groups of checkpoints that were evaluated one after the other.
        slices: Number of slices, that of all examples included.
        peak_bytes: Peak memory of the whole process.
        imported_bytes: Memory of the process before the sweep.
    """

    seconds: float
    cpu_seconds: float
    groups: int
    slices: int
    peak_bytes: int
    imported_bytes: int


def prepare(run: Path, directory: Path, sizes: Sequence[Size]) -> None:
    """Makes the data; the directory appears once it is complete.

    Args:
        run: Root folder of a finished run of the taxi pipeline.
        directory: Directory to write.
        sizes: Sizes to make examples for: those of the run, repeated, their numbers changed a
            little.
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
        for name, size in {size.file_name: size for size in sizes}.items():
            path = str(prepared.directory / name)
            with tf.io.TFRecordWriter(path, options) as writer:
                made = itertools.islice(jittered(raw), size.examples)
                for example in sliced(made, size.slice_values) if size.slice_values else made:
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


def sliced(serialized: Iterable[bytes], values: int) -> Iterator[bytes]:
    """Gives the feature that is sliced by this many values, in turn."""
    for number, one in enumerate(serialized):
        example = tf.train.Example.FromString(one)
        texts = example.features.feature[_SLICED_BY].bytes_list.value
        texts[:] = [f"{_SLICED_BY} {number % values}".encode()]
        yield example.SerializeToString()


def measure(size: Size, prepared: PreparedData) -> Taken:
    """Evaluates as the sweep does."""
    from tfx import v1  # noqa: F401

    from checkpoint_sweep.evaluation.fused.engine import evaluate_fused
    from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
    from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
    from checkpoint_sweep.evaluation.request import EvaluationRequest
    from checkpoint_sweep.selection.selection import Selection
    from checkpoint_sweep.sweeping.beam_pipelines import pipelines
    from pipeline.problems.taxi.problem import taxi

    imported, started, cpu_before = peak_bytes(), time.monotonic(), _cpu_seconds()
    sources = prepared.sources(size.checkpoints)
    reader = prepared.tfxio(size.examples)
    config = _eval_config(size)
    with tempfile.TemporaryDirectory(prefix="sizes-") as scratch:
        request = EvaluationRequest(
            candidates=sources,
            baseline=None,
            outputs={source.name: os.path.join(scratch, source.name) for source in sources},
            eval_config=config,
            read=lambda pipeline, batch_size, columns: (
                pipeline
                | ReadFeatures(
                    [str(prepared.directory / size.file_name)],
                    prepared.schema(),
                    columns,
                    batch_size,
                )
            ),
            make_pipeline=pipelines(BEAM_ARGS),
            tensor_adapter_config=adapter_config(reader),
            tracked_metrics=find_tracked_metrics(config, Selection(taxi().select_by)),
        )
        groups = list(evaluate_fused(request))
        seconds, cpu_seconds, peak = time.monotonic() - started, _cpu_seconds(), peak_bytes()
        slices = len(tfma.load_eval_result(request.outputs[sources[0].name]).slicing_metrics)
    errors = [done.error for group in groups for done in group]
    if errors != [None] * size.checkpoints:
        raise RuntimeError(f"Candidates failed: {errors}.")
    return Taken(seconds, cpu_seconds - cpu_before, len(groups), slices, peak, imported)


def _eval_config(size: Size) -> config_pb2.EvalConfig:
    """Makes the config, with its defaults."""
    config = taxi_eval_config()
    if size.slice_values:
        config = text_format.Parse(_MANY_SLICES, config_pb2.EvalConfig())
    return with_defaults(config, has_baseline=False)


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system


def main(job: str, data: str, result: str = "") -> None:
    """Measures one size, or makes the data.

    Args:
        job: `Size` as JSON, or the root folder and the sizes for `prepare`.
        data: Directory of the data.
        result: File for `Taken` as JSON; not for `prepare`.
    """
    told = json.loads(job)
    if "run" in told:
        prepare(Path(told["run"]), Path(data), [Size(**size) for size in told["sizes"]])
        return
    taken = measure(Size(**told), PreparedData(Path(data)))
    Path(result).write_text(json.dumps(dataclasses.asdict(taken)))


if __name__ == "__main__":
    main(*sys.argv[1:])
