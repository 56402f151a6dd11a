"""Runs, examples and parameters that tests damage, and what is to come of it."""

import dataclasses
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from pipeline.problems.problem import repository
from tests.checkpoint_sweep.tfx_components.sweep.conftest import EVAL_CONFIG, Sweep, Swept
from tests.support import keras_run, tfx_artifacts
from tests.support.passthrough_model import Row, serialize
from tests.support.tensor_bundles import read_bundle, write_bundle

FLOOR = 0.0  # Of AUC: whatever was trained meets it.
ROWS: Sequence[Row] = [
    {
        "p": [0.1 + 0.1 * (i % 7)],
        "label": [i % 2],
        "flag": [float(i % 4 == 0)],
        "weight": [1.0],
        "group": ["b" if i % 3 else "a"],
    }
    for i in range(40)
]
SCHEMA = """
feature { name: "p" type: FLOAT }
feature { name: "label" type: INT }
feature { name: "flag" type: FLOAT }
feature { name: "weight" type: FLOAT }
feature { name: "group" type: BYTES }
"""
AUC = 'metrics { class_name: "AUC" }'
CROSS_ENTROPY = 'metrics { class_name: "BinaryCrossEntropy" }'


@dataclasses.dataclass
class Case:
    """A run that a test may damage, and a sweep over it with parameters that it may change.

    Attributes:
        model_run, export: a copy of what a Trainer left.
        scratch: an empty folder.
        rows: serialized taxi rows.
        patch: for what has to happen in the midst of a sweep.
        sweep: the executor.
        parameters: of the sweep.
        execution: its number in the node.
    """

    model_run: Path
    export: Path
    scratch: Path
    rows: list[bytes]
    patch: pytest.MonkeyPatch
    sweep: Sweep
    parameters: dict[str, Any] = dataclasses.field(default_factory=lambda: {"floor": FLOOR})
    execution: int = 2

    def run(self) -> Swept:
        """Sweeps."""
        return self.sweep(self, execution=self.execution, **self.parameters)

    def change(self, prefix: Path, change: Callable[[dict], dict]) -> None:
        """Rewrites a bundle."""
        write_bundle(str(prefix), change(read_bundle(str(prefix))))

    def keep(self, *names: str) -> None:
        """Leaves only files of these names, made empty, in the model run."""
        shutil.rmtree(self.model_run)
        for name in names:
            (self.model_run / name).parent.mkdir(parents=True, exist_ok=True)
            (self.model_run / name).touch()

    def configure(self, old: str, new: str) -> None:
        """Replaces a part of the evaluation config."""
        text = (EVAL_CONFIG % FLOOR).replace(old, new)
        assert new in text
        self.config(text)

    def config(self, text: str) -> None:
        """Replaces the evaluation config."""
        parsed = text_format.Parse(text, config_pb2.EvalConfig())
        self.parameters["eval_config"] = json_format.MessageToJson(parsed)

    def metrics(
        self, metrics: str, model_spec: str = "", select: str = "auc", sql: str = ""
    ) -> None:
        """Evaluates pass-through examples by these metrics."""
        self.config(
            f'model_specs {{ label_key: "label" {model_spec} }} slicing_specs {{}} {sql} '
            f"metrics_specs {{ {metrics} }}"
        )
        lower = "entropy" in select
        self.select(
            select,
            direction=Direction.LOWER_IS_BETTER if lower else Direction.HIGHER_IS_BETTER,
        )

    def select(self, *arguments: Any, **named: Any) -> None:
        """Selects by something else."""
        self.parameters["selection"] = Selection(*arguments, **named).to_json()

    def replace(
        self, export: Callable[[str, Any], None], save: Callable = keras_run.manager
    ) -> None:
        """A Keras run in place of the Estimator's."""
        directory = self.scratch / "keras"
        directory.mkdir()
        run = keras_run.make(directory, keras_run.sequential, save, export)
        self.model_run, self.export = run.model_run, run.export

    def module(self, name: str, source: str) -> None:
        """Makes a module importable."""
        (self.scratch / f"{name}.py").write_text(source)
        self.patch.syspath_prepend(self.scratch)

    def examples(self, rows: Sequence[bytes | Row], schema: str | Path = "") -> Path:
        """Sweeps on examples of its own; gives their file."""
        records = [row if isinstance(row, bytes) else serialize(row) for row in rows]
        folder = self.scratch / "examples"
        artifact = tfx_artifacts.write_examples(folder, {"eval": records})
        self.parameters["examples"] = artifact
        if isinstance(schema, str) and schema:
            (self.scratch / "schema").mkdir()
            (self.scratch / "schema" / "schema.pbtxt").write_text(schema)
            schema = self.scratch / "schema"
        if schema:
            self.parameters["schema"] = schema
        return folder / "Split-eval" / "data-00000-of-00001.gz"

    def taxi(self, with_schema: bool, count: int = 60) -> Path:
        """Sweeps on some taxi rows; gives their file."""
        schema = repository() / "schemas" / "taxi"
        return self.examples(self.rows[:count], schema if with_schema else "")

    def passthrough(
        self,
        rows: Sequence[Row] = ROWS,
        roots: Sequence[float] = (0, 0, 0),
        width: int = 1,
    ) -> None:
        """A run whose checkpoints predict ``p``, less from step to step, on examples of its own.

        Args:
            rows: the examples.
            roots: by step; where it is negative, predictions of flagged examples are NaN.
            width: number of predictions of an example.
        """
        model = _Rooted(width)
        self.model_run, self.export = (
            self.scratch / "roots",
            self.scratch / "root" / "Format-Serving",
        )
        self.model_run.mkdir()
        for step, root in enumerate(roots, start=1):
            model.scale.assign(1 - 0.1 * step)
            model.squared.assign(root)
            tf.train.Checkpoint(model).write(str(self.model_run / f"ckpt-{step}"))
        tf.saved_model.save(model, str(self.export), signatures={"serving_default": model.serve})
        self.examples(rows)
        self.metrics(AUC)

    def baseline(self, model: Path | None = None) -> Path:
        """Compares with a baseline, the exported model itself if no other; gives its SavedModel."""
        copy = self.scratch / "baseline" / "Format-Serving"
        shutil.copytree(model or self.export, copy)
        self.parameters["baseline"] = copy.parent
        return copy

    def keras_baseline(self, serve: Callable[[Any], Mapping[str, Any]]) -> None:
        """Compares with a Keras model of these signatures."""

        def export(directory: str, model: Any) -> None:
            tf.saved_model.save(model, directory, signatures=serve(model))

        directory = self.scratch / "keras"
        directory.mkdir()
        run = keras_run.make(directory, keras_run.sequential, keras_run.manager, export)
        self.baseline(run.export)


class _Rooted(tf.Module):
    """Predicts ``p`` times ``scale``; plus the root of ``squared`` where ``flag`` is not 0."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.scale = tf.Variable(1.0)
        self.squared = tf.Variable(0.0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Parses and predicts."""
        spec = {
            "p": tf.io.FixedLenFeature([self.width], tf.float32),
            "flag": tf.io.FixedLenFeature([1], tf.float32),
        }
        parsed = tf.io.parse_example(examples, spec)
        root = tf.where(parsed["flag"] != 0, tf.sqrt(self.squared), 0.0)
        return {"predictions": parsed["p"] * self.scale + root}


Trigger = Callable[[Case], object]


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A kind of bad input that ends a sweep.

    Attributes:
        trigger: brings it about.
        row: of the table of refusals, with the message.
    """

    trigger: Trigger
    row: str


REFUSALS: dict[str, Refusal] = {}


def refusal(when: str, row: str = "") -> Callable[[Trigger], Trigger]:
    """Registers a kind; its row is that of its own name, unless it shares that of another."""

    def add(trigger: Trigger) -> Trigger:
        assert when not in REFUSALS, when
        REFUSALS[when] = Refusal(trigger, row or when)
        return trigger

    return add


def half(path: Path) -> None:
    """Cuts a file in half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def close(case: Case, model: Path) -> None:
    """Takes away the permission to read the weights of a model, from root too."""
    read = tf.compat.v1.train.NewCheckpointReader

    def refuse(prefix: str) -> Any:
        if not prefix.startswith(str(model)):
            return read(prefix)
        raise tf.errors.PermissionDeniedError(None, None, f"{prefix}.index; Permission denied")

    case.patch.setattr(tf.compat.v1.train, "NewCheckpointReader", refuse)


def pipe(path: Path) -> None:
    """A pipe in place of a file."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def content(node: Path, execution: int = 1) -> dict[str, str]:
    """Digests of all files of an execution's outputs, by their paths."""
    return {
        str(path.relative_to(node)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(node.glob(f"*/{execution}/**/*"))
        if path.is_file()
    }
