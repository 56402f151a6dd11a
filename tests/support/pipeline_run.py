"""A run of the pipeline, by its command line, and what it left behind."""

import dataclasses
import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from tfx.utils import path_utils

from checkpoint_sweep.model_run.checkpoints import Checkpoint, find_checkpoints
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from tests.support import taxi_examples, tfma_metrics, warm_pipeline
from tests.support.candidates import make_candidates


@dataclasses.dataclass(frozen=True)
class PipelineRun:
    """One run.

    Attributes:
        root: folder of the artifacts.
        output: what was printed.
        summary: summary.json.
    """

    root: Path
    output: str
    summary: dict[str, Any]

    def artifact(self, node: str, key: str) -> Path:
        """The folder of a node's one output of that key."""
        (folder,) = (self.root / node / key).iterdir()
        return folder

    @property
    def kept(self) -> Path:
        """The root of `taxi` as the run left it; another run may have gone on in `root` since."""
        return _kept(self.root)

    @property
    def states(self) -> dict[str, str]:
        """The state of each node."""
        return {node["name"]: node["state"] for node in self.summary["nodes"]}

    @property
    def chosen_step(self) -> int:
        """The step that the sweep chose."""
        return int(self.summary["sweep"]["chosen_step"])

    def first_best_last(self) -> list[int]:
        """Steps of the first swept, the best and the last checkpoint, without repetition.

        The best is the chosen one, or what would be if all had met the thresholds.
        """
        swept, chosen = self.summary["checkpoints"], self.summary["sweep"]["chosen_step"]
        values = {c["step"]: c["value"] for c in swept}
        higher = self.summary["sweep"]["selection"]["direction"] == "HIGHER_IS_BETTER"
        best = chosen or (max if higher else min)(values, key=values.__getitem__)
        return list(dict.fromkeys([min(values), best, max(values)]))

    def checkpoint(self, step: int) -> Checkpoint:
        """The checkpoint of that step."""
        found = find_checkpoints(str(self.artifact("Trainer", "model_run")))
        return next(c for c in found if c.step == step)

    def metrics(self, step: int) -> dict[str, float]:
        """The sweep's metrics of that step's checkpoint on all examples of `eval`, by name."""
        name = self.checkpoint(step).name
        return tfma_metrics.overall(f"{self.summary['sweep']['evaluation']}/{name}")

    def records(self, node: str, key: str, split: str) -> tf.data.Dataset:
        """Serialized examples of a split, as ExampleGen or Transform wrote it."""
        files = sorted(map(str, (self.artifact(node, key) / f"Split-{split}").iterdir()))
        return tf.data.TFRecordDataset(files, compression_type="GZIP")

    def models(self, steps: list[int], directory: Path) -> list[ModelSource]:
        """SavedModels with the weights of these steps' checkpoints, as the sweep makes them."""
        exported = path_utils.serving_model_path(str(self.artifact("Trainer", "model")))
        every = find_checkpoints(str(self.artifact("Trainer", "model_run")))
        swept = [self.checkpoint(step) for step in steps]
        sources = make_candidates(SavedModel(exported), every, swept).sources.values()
        written = []
        for source in sources:
            write_saved_model(source, str(directory / source.name))
            written.append(ModelSource.from_saved_model(source.name, str(directory / source.name)))
        return written


def run(
    problem: str,
    root: Path,
    data: Path,
    *options: str,
    command: Sequence[str] = ("pipeline",),
    cold: bool = False,
) -> PipelineRun:
    """Runs the pipeline with these options.

    Args:
        problem: Name of the problem.
        root: Root of the run.
        data: Folder of the data.
        options: Further options.
        command: Module that runs the pipeline, and arguments before its options.
        cold: Whether it has an interpreter of its own, as a user's, rather than being forked from a
            process that has imported.
    """
    words = [*command, f"--problem={problem}", f"--root={root}", f"--data={data}", *options]
    if cold:
        interpreted = [sys.executable, "-m", *words]
        done = subprocess.run(interpreted, capture_output=True, text=True, check=False)
    else:
        done = warm_pipeline.run(*words)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return PipelineRun(root, done.stdout + done.stderr, _summary(root))


def taxi(folder: Path) -> PipelineRun:
    """The one run on a sample of the taxi data in this folder.

    The folder may be that of several processes: the first makes the run, others wait for it.
    """
    folder.mkdir(exist_ok=True)
    root, data, printed = folder / "root", folder / "data", folder / "printed"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not printed.exists():
            data.mkdir(exist_ok=True)
            taxi_examples.write_csv(data / "data.csv", 3000)
            steps = ["--steps=400", "--checkpoint-steps=100"]
            done = run("taxi", root, data, *steps)
            shutil.copytree(root, _kept(root))
            printed.write_text(done.output)
    return PipelineRun(root, printed.read_text(), _summary(_kept(root)))


def _kept(root: Path) -> Path:
    return root.with_name("kept")


def _summary(root: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((root / "summary.json").read_text())
    return summary
