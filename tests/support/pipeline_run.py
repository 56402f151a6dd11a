"""A run of the pipeline, started as a user starts it, and what it left behind."""

import dataclasses
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx.utils import path_utils

from checkpoint_sweep.model_run.candidates import make_candidates
from checkpoint_sweep.model_run.checkpoints import Checkpoint, find_checkpoints
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.weight_swap import write_saved_model


@dataclasses.dataclass(frozen=True)
class PipelineRun:
    """One first run in a root of its own.

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
        result = tfma.load_eval_result(f"{self.summary['sweep']['evaluation']}/{name}")
        values = dict(result.slicing_metrics)[()][""][""]
        return {key: v["doubleValue"] for key, v in values.items() if "doubleValue" in v}

    def records(self, node: str, key: str, split: str) -> tf.data.Dataset:
        """Serialized examples of a split, as ExampleGen or Transform wrote it."""
        files = sorted(map(str, (self.artifact(node, key) / f"Split-{split}").iterdir()))
        return tf.data.TFRecordDataset(files, compression_type="GZIP")

    def models(self, steps: list[int], directory: Path) -> list[ModelSource]:
        """SavedModels with the weights of these steps' checkpoints, as the sweep makes them."""
        exported = path_utils.serving_model_path(str(self.artifact("Trainer", "model")))
        every = find_checkpoints(str(self.artifact("Trainer", "model_run")))
        swept = [self.checkpoint(step) for step in steps]
        sources = make_candidates(exported, every, swept).sources.values()
        written = []
        for source in sources:
            write_saved_model(source, str(directory / source.name))
            written.append(ModelSource.from_saved_model(source.name, str(directory / source.name)))
        return written


def run(problem: str, root: Path, data: Path, *options: str) -> PipelineRun:
    """Runs `python -m pipeline` with these options; the root must be new."""
    command = [sys.executable, "-m", "pipeline", f"--problem={problem}"]
    done = subprocess.run(
        [*command, f"--root={root}", f"--data={data}", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    summary = json.loads((root / "summary.json").read_text())
    return PipelineRun(root, done.stdout + done.stderr, summary)


def write_records(records: tf.data.Dataset, count: int, path: Path) -> str:
    """Writes the first records to a TFRecord file; gives its path."""
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in itertools.islice(records.as_numpy_iterator(), count):
            writer.write(record)
    return str(path)
