"""Evaluates on a Dask cluster of two processes: `python tests/support/dask_evaluation.py TASK`.

A program of its own, since the cluster has an environment of its own.
"""

import dataclasses
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing import forkserver
from pathlib import Path

import apache_beam as beam
import dask
import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions
from dask.distributed import LocalCluster
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import EvaluateModels
from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures, UnreadFeatures
from checkpoint_sweep.saved_model.model_source import ModelSource

NOTES = "notes"
_LONGEST = 60.0  # Seconds to wait for another worker.


def evaluate(
    address: str,
    examples: beam.PTransform,
    sources: Sequence[ModelSource],
    eval_config: config_pb2.EvalConfig,
    directory: Path,
) -> None:
    """Evaluates on examples."""
    outputs = {source.name: str(directory / source.name) for source in sources}
    options = [
        "--runner=apache_beam.runners.dask.dask_runner.DaskRunner",
        f"--dask_client_address={address}",
        "--dask_partition_size=1",
    ]
    with beam.Pipeline(options=PipelineOptions(options)) as pipeline:
        _ = pipeline | examples | EvaluateModels(sources, outputs, eval_config)


@beam.ptransform_fn
def watched(
    begin: beam.pvalue.PBegin,
    reader: ReadFeatures,
    watch: Callable[[pa.RecordBatch], pa.RecordBatch],
) -> beam.PCollection:
    """Gives unread parts; `watch` sees each batch that is read of them before the models do."""
    return begin | UnreadFeatures(reader) | beam.Map(dataclasses.replace, kept=watch)


class LeaveName:
    """Leaves a file of the process's name, with a line for each batch that it has seen.

    It goes on as soon as another process has left one too: a quick worker could do all.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        with (self._directory / str(os.getpid())).open("a") as file:
            file.write(f"{batch.num_rows}\n")
        ends = time.monotonic() + _LONGEST
        while len(os.listdir(self._directory)) < 2 and time.monotonic() < ends:
            time.sleep(0.02)
        return batch


class DieOnce:
    """Kills its process in the middle of a part: at the second batch that it sees, but once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen = 0

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self._seen += 1
        if self._seen == 2:
            try:
                (self._directory / "killed").touch(exist_ok=False)
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        return batch


def main(path: str) -> None:
    """Evaluates unread parts undisturbed and with a worker that is killed, and RecordBatches.

    Args:
        path: Path of a pickled tuple: the file of examples, the models, the config with its
            defaults, and the three directories for results. In the first two it leaves files too:
            one for each process that has read a batch, with its rows, and one when a worker was
            killed.
    """
    data, sources, eval_config, whole, killed, batches = pickle.loads(Path(path).read_bytes())
    # Workers, those that take the place of killed ones too, are forked from one that has imported.
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    forkserver.set_forkserver_preload(["distributed", "checkpoint_sweep.evaluation.fused.update"])
    forkserver.ensure_running()
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        address, reader = cluster.scheduler_address, ReadFeatures([data], None, None, 64)
        for directory, watch in ((whole, LeaveName), (killed, DieOnce)):
            notes = directory / NOTES
            notes.mkdir(parents=True)
            evaluate(address, watched(reader, watch(notes)), sources, eval_config, directory)
        evaluate(address, reader, sources, eval_config, batches)


if __name__ == "__main__":
    main(sys.argv[1])
