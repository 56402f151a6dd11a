"""The examples and checkpoints of a benchmark on ResNet, taken from a run of the pipeline."""

from pathlib import Path

from rich.console import Console

from benchmarks.common.processes import run_module
from benchmarks.resnet.job import ResnetJob
from checkpoint_sweep.common.errors import UserError


class NoRunError(UserError):
    """A folder holds no run with the checkpoints that are needed; the message says which."""


def make_job(
    run: Path | None,
    out: Path,
    directory: Path,
    count: int,
    batch_size: int,
    last: int,
    console: Console,
) -> ResnetJob:
    """Makes the job from a run, which is made too if none is named.

    Args:
        run: Root folder of a run of digits_resnet; None for one in `out`.
        out: Folder for everything that is written.
        directory: Folder for the file of examples.
        count: Number of examples.
        batch_size: Number of examples in a batch, of all contenders.
        last: Number of checkpoints, the last ones.
        console: Console to say what takes long.
    """
    root = run.resolve() if run else out / "resnet_run"
    if run is None and not (root / "summary.json").is_file():
        console.print(f"Training once, into {root}; a few minutes ...", highlight=False)
        arguments = ["--problem=digits_resnet", f"--root={root}"]
        run_module("pipeline", arguments, out / "logs" / "resnet-pipeline.log", "the pipeline")
    return job_of_run(root, directory, count, batch_size, last)


def job_of_run(root: Path, directory: Path, count: int, batch_size: int, last: int) -> ResnetJob:
    """Takes examples of all splits of a run, again from the first if it has fewer.

    Args:
        root: Root folder of a run of the problem `digits_resnet`.
        directory: Folder for the file of examples.
        count: Number of examples.
        batch_size: Number of examples in a batch, of all contenders.
        last: Number of checkpoints, the last ones.

    Raises:
        NoRunError: the run lacks examples, a model or checkpoints.
    """
    import itertools

    import tensorflow as tf

    from checkpoint_sweep.model_run.checkpoints import find_checkpoints

    try:
        examples = _newest(root / "ImportExampleGen/examples")
        exported_model = _newest(root / "Trainer/model") / "Format-Serving"
        model_run = _newest(root / "Trainer/model_run")
    except (FileNotFoundError, ValueError):
        raise NoRunError(f"{root} holds no finished run of the problem digits_resnet.") from None
    files = sorted(str(path) for path in examples.glob("Split-*/*.gz"))
    records = tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator()
    serialized = list(itertools.islice(itertools.cycle(records), count))
    trained = [found for found in find_checkpoints(str(model_run)) if found.step > 0]
    if len(trained) < last:
        raise NoRunError(f"{last} checkpoints are needed; {root} has {len(trained)}.")
    directory.mkdir(parents=True, exist_ok=True)
    path = str(directory / "examples.tfrecord.gz")
    with tf.io.TFRecordWriter(path, "GZIP") as writer:
        for record in serialized:
            writer.write(record)
    return ResnetJob(str(exported_model), str(model_run), path, count, batch_size, last)


def _newest(directory: Path) -> Path:
    return max(directory.iterdir(), key=lambda path: int(path.name))
