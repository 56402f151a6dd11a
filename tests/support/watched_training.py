"""A real training that keeps five checkpoints, as Estimator does by default, while it is watched.

python -m tests.support.watched_training ARGUMENTS.json
"""

import dataclasses
import functools
import os
from pathlib import Path
from typing import Any
from unittest import mock

import tensorflow as tf
from tfx import v1 as tfx

from pipeline.problems import registry
from pipeline.problems.problem import load
from tests.support import tfx_artifacts

KEPT = 5  # RunConfig's default for keep_checkpoint_max


@dataclasses.dataclass(frozen=True)
class Training:
    """A training, and the folders that it writes to.

    Attributes:
        problem: Name of the problem in the registry.
        examples: Folder of an Examples artifact to train on.
        transform_graph: Folder of what Transform made; None for a model of raw examples.
        steps: Training steps.
        checkpoint_steps: Steps from one checkpoint to the next.
        directory: Directory of `run/`, the checkpoints; `aside/`, a link to each that was ever
            there; `export/`, written after the first checkpoints; and `ended`.
    """

    problem: str
    examples: str
    transform_graph: str | None
    steps: int
    checkpoint_steps: int
    directory: str

    @property
    def run(self) -> Path:
        """The checkpoints, of which the last five are kept."""
        return Path(self.directory, "run")

    @property
    def aside(self) -> Path:
        """All checkpoints."""
        return Path(self.directory, "aside")

    @property
    def export(self) -> Path:
        """The SavedModel of one of the first."""
        return Path(self.directory, "export")

    @property
    def ended(self) -> Path:
        """The file that says that training has ended."""
        return Path(self.directory, "ended")


class _Aside(tf.estimator.SessionRunHook):
    """Links each file of a checkpoint aside as soon as it is there, by no code of the library."""

    def __init__(self, training: Training) -> None:
        self._training = training

    def after_run(self, run_context: Any, run_values: Any) -> None:
        self.look()

    def look(self) -> None:
        for path in self._training.run.glob("model.ckpt-*.*"):
            target = self._training.aside / path.name
            if ".tempstate" not in path.name and not target.exists():
                os.link(path, target)


def train(training: Training) -> None:
    """Trains in two runs, the first of which exports; the second goes on from its checkpoints."""
    training.aside.mkdir(parents=True)
    aside = _Aside(training)
    run_fn = load(registry.get(training.problem).run_fn)
    exports = {
        training.checkpoint_steps: training.export,
        training.steps: Path(training.directory, "last-export"),
    }
    with mock.patch.object(
        tf.estimator, "Estimator", functools.partial(_estimator, tf.estimator.Estimator, aside)
    ):
        for steps, export in exports.items():
            run_fn(_arguments(training, steps, export))
            aside.look()


def _estimator(made: Any, aside: _Aside, model_fn: Any, config: Any, **options: Any) -> Any:
    estimator = made(model_fn, config=config.replace(keep_checkpoint_max=KEPT), **options)
    estimator.train = functools.partial(estimator.train, hooks=[aside])
    return estimator


def _arguments(training: Training, steps: int, export: Path) -> tfx.components.FnArgs:
    examples = tfx_artifacts.examples(training.examples, ["train", "eval"])
    problem = registry.get(training.problem)
    return tfx.components.FnArgs(
        train_files=tf.io.gfile.glob(f"{training.examples}/Split-train/*"),
        eval_files=tf.io.gfile.glob(f"{training.examples}/Split-eval/*"),
        train_steps=steps,
        schema_path=str(problem.schema),
        transform_graph_path=training.transform_graph,
        data_accessor=tfx_artifacts.data_accessor(examples),
        model_run_dir=str(training.run),
        serving_model_dir=str(export),
        custom_config={"checkpoint_steps": training.checkpoint_steps, **problem.options},
    )
