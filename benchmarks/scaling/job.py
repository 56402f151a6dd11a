"""Cases of `benchmarks.scaling`: `python -m benchmarks.scaling.job CASES DATA RESULT`."""

import contextlib
import dataclasses
import importlib
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scaling.tasks import TASKS, ScalingCase
from pipeline.cluster import KEEP_MEMORY

_DASK = "--runner=apache_beam.runners.dask.dask_runner.DaskRunner"
_PROCESSES = "--direct_running_mode=multi_processing"


def main(cases: str, data: str, result: str) -> None:
    """Measures cases that differ in size and shards only; one more before them is for warmth.

    Args:
        cases: `ScalingCase`s of one runner and number of workers, as JSON.
        data: Directory of the problem's data, see `tasks`.
        result: File for a list, as JSON, of the seconds, CPU seconds and values of each.
    """
    told = [ScalingCase(**one) for one in json.loads(cases)]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: told[0].workers])
    with _runner(told[0]) as runner:
        _measure(dataclasses.replace(told[0], checkpoints=1), Path(data), runner)
        measured = [_measure(case, Path(data), runner) for case in told]
    Path(result).write_text(json.dumps(measured))


@dataclasses.dataclass(frozen=True)
class _Runner:
    """What runs the pipelines.

    Attributes:
        options: Beam's.
        cpu_seconds: Gives the CPU seconds of this process, and of each worker elsewhere, so far.
        release: Lets go of models that the workers hold.
    """

    options: list[str]
    cpu_seconds: Callable[[], list[float]]
    release: Callable[[], object]


def _measure(case: ScalingCase, data: Path, runner: _Runner) -> dict[str, Any]:
    """Measures a case after the imports, those of Beam's own processes excepted.

    Returns:
        `seconds` of wall time; `cpu_seconds`, of this process and of the busiest worker after each
        other, which is the wall time of a machine that does nothing else; `values`.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from checkpoint_sweep.evaluation import EvaluateModels
    from checkpoint_sweep.evaluation.fused import required_features
    from checkpoint_sweep.evaluation.inputs.parallelism import drops_ends_of_bundles
    from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures, UnreadFeatures

    task = TASKS[case.problem](data, case)
    config, adapter = task.config, task.adapter
    columns = required_features.columns(config, adapter.tensor_representations, task.sources)
    with tempfile.TemporaryDirectory(prefix="scaling-") as scratch:
        pattern = _in_shards(task.examples, case.shards, Path(scratch))
        outputs = {source.name: os.path.join(scratch, source.name) for source in task.sources}
        started, before = time.monotonic(), runner.cpu_seconds()
        reader = ReadFeatures([pattern], task.schema, columns, task.batch_size)
        unread = UnreadFeatures(reader, case.elements or None)
        with beam.Pipeline(options=PipelineOptions(runner.options)) as pipeline:
            _ = (
                pipeline
                | (unread if drops_ends_of_bundles(pipeline) else reader)
                | EvaluateModels(
                    task.sources,
                    outputs,
                    config,
                    tensor_adapter_config=adapter,
                    batch_size=task.batch_size,
                )
            )
        seconds = time.monotonic() - started
        here, *workers = np.subtract(runner.cpu_seconds(), before).tolist()
        runner.release()
        values = {
            f"{name} {key}": value
            for name, output in outputs.items()
            for key, value in _values(output)
        }
    return {"seconds": seconds, "cpu_seconds": here + max(workers, default=0), "values": values}


@contextlib.contextmanager
def _runner(case: ScalingCase) -> Iterator[_Runner]:
    """Starts a runner whose workers have imported what they need, save for Beam's own processes."""
    if case.way == "dask":
        with _dask(case.workers) as runner:
            yield runner
        return
    options = ["--runner=FnApiRunner"]
    if case.way == "processes":
        options += [_PROCESSES, f"--direct_num_workers={case.workers}"]
    yield _Runner(options, lambda: [time.process_time()], _release)


@contextlib.contextmanager
def _dask(number: int) -> Iterator[_Runner]:
    """Starts a cluster as `make cluster` does, and each worker on a core of its own."""
    import dask
    from distributed import Client, LocalCluster

    with (
        dask.config.set(KEEP_MEMORY),
        LocalCluster(
            n_workers=number, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        cores = itertools.cycle(sorted(os.sched_getaffinity(0)))
        for worker, core in zip(client.nthreads(), cores, strict=False):
            client.run(os.sched_setaffinity, 0, {core}, workers=[worker])
        client.run(importlib.import_module, "checkpoint_sweep.evaluation.fused.transform")
        address = f"--dask_client_address={cluster.scheduler_address}"
        yield _Runner(
            [_DASK, address, "--dask_partition_size=1"],
            lambda: [time.process_time(), *client.run(time.process_time).values()],
            lambda: client.run(_release),
        )


def _release() -> None:
    from checkpoint_sweep.evaluation.fused.loading import release

    release()


def _in_shards(path: str, shards: int, directory: Path) -> str:
    """Deals a file's records out to several files; returns their pattern."""
    import tensorflow as tf

    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(
                tf.io.TFRecordWriter(str(directory / f"part-{number:05}.gz"), options)
            )
            for number in range(shards)
        ]
        records = tf.data.TFRecordDataset(path, "GZIP").as_numpy_iterator()
        for writer, record in zip(itertools.cycle(writers), records, strict=False):
            writer.write(record)
    return str(directory / "part-*.gz")


def _values(directory: str) -> Iterator[tuple[str, float]]:
    """Reads all numbers of a result directory, each under a key of its own."""
    import tensorflow_model_analysis as tfma
    from google.protobuf import json_format, text_format

    for record in tfma.load_metrics(directory):
        slice_key = text_format.MessageToString(record.slice_key, as_one_line=True)
        for entry in record.metric_keys_and_values:
            name = text_format.MessageToString(entry.key, as_one_line=True)
            for path, value in _numbers(json_format.MessageToDict(entry.value)):
                yield f"{slice_key} {name} {path}", value


def _numbers(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, f"{path}/{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _numbers(item, f"{path}/{number}")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, float(value)


if __name__ == "__main__":
    main(*sys.argv[1:])
