"""From training to pushing with all artifacts on a file system that is not local: ram://.

That file system is TensorFlow's own, and in one process. Beam, with which ExampleGen, StatisticsGen
and Transform write, does not know it.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tfx import types
from tfx.components.pusher.executor import Executor as StockPusher
from tfx.components.trainer.executor import GenericExecutor as Trainer
from tfx.types import standard_artifacts

from checkpoint_sweep.report.sweep_result import read_verdicts
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.tfx_components.evaluator.executor import EvaluatorExecutor as Evaluator
from checkpoint_sweep.tfx_components.sweep.executor import SweepExecutor as Sweep
from pipeline.local.pusher import PusherExecutor as Pusher
from tests.pipeline.tiny import model
from tests.pipeline.tiny.problem import tiny
from tests.support import passthrough_model, tfx_artifacts
from tests.support.tensor_bundles import read_bundle

_ROOT = "ram://pipeline"


def _artifact(kind: type[types.Artifact], name: str) -> list[types.Artifact]:
    artifact = tfx_artifacts.make(kind, f"{_ROOT}/{name}")
    tf.io.gfile.makedirs(artifact.uri)
    return [artifact]


def _examples() -> list[types.Artifact]:
    numbers = np.random.default_rng(1)
    splits = {
        split: [
            passthrough_model.serialize({"x": [float(x)], "y": [int(x > 0)]})
            for x in numbers.normal(size=200)
        ]
        for split in ("train", "eval", "test")
    }
    return [tfx_artifacts.write_examples(f"{_ROOT}/examples", splits)]


def test_a_model_is_trained_swept_and_pushed_on_remote_storage(tmp_path: Path) -> None:
    context = tfx_artifacts.beam_context(tmp_path)
    examples, schema = _examples(), _artifact(standard_artifacts.Schema, "schema")
    tf.io.gfile.copy(str(tiny().schema), f"{schema[0].uri}/schema.pbtxt")

    exported = _artifact(standard_artifacts.Model, "trainer/model")
    model_run = _artifact(standard_artifacts.ModelRun, "trainer/model_run")
    Trainer().Do(
        {"examples": examples, "schema": schema},
        {"model": exported, "model_run": model_run},
        {
            "run_fn": "tests.pipeline.tiny.model.run_fn",
            "train_args": json.dumps({"splits": ["train"], "num_steps": 40}),
            "eval_args": json.dumps({"splits": ["eval"]}),
            "custom_config": json.dumps({"checkpoint_steps": 10}),
        },
    )

    config = json_format.MessageToJson(model.eval_config())
    swept: dict[str, list[types.Artifact]] = {
        "evaluation": _artifact(standard_artifacts.ModelEvaluation, "sweep/evaluation/1"),
        "model": _artifact(standard_artifacts.Model, "sweep/model/1"),
        "blessing": _artifact(standard_artifacts.ModelBlessing, "sweep/blessing/1"),
    }
    selection = Selection("binary_crossentropy", direction=Direction.LOWER_IS_BETTER)
    Sweep(context).Do(
        {
            "examples": examples,
            "exported_model": exported,
            "model_run": model_run,
            "schema": schema,
        },
        swept,
        {
            "eval_config": config,
            "selection": selection.to_json(),
            "example_splits": '["eval"]',
            "memory_budget": 1,  # a group for each checkpoint
        },
    )
    verdicts = read_verdicts(swept["blessing"][0].uri)
    assert [v.step for v in verdicts.verdicts] == [0, 10, 20, 30, 40]
    assert verdicts.blessed
    assert verdicts.winner is not None
    chosen = verdicts.winner.step

    confirmed: dict[str, list[types.Artifact]] = {
        "evaluation": _artifact(standard_artifacts.ModelEvaluation, "evaluator/evaluation"),
        "blessing": _artifact(standard_artifacts.ModelBlessing, "evaluator/blessing"),
    }
    Evaluator(context).Do(
        {"examples": examples, "model": swept["model"], "schema": schema},
        confirmed,
        {
            "eval_config": config,
            "example_splits": '["test"]',
            "fairness_indicator_thresholds": "null",
        },
    )

    weights = read_bundle(f"{model_run[0].uri}/model.ckpt-{chosen}")
    for name, pusher in (("stock", StockPusher), ("own", Pusher)):
        version = _push(pusher, name, {"model": swept["model"], **_blessing(confirmed)})
        pushed = read_bundle(f"{version}/variables/variables")
        assert set(pushed) >= {"dense/kernel", "dense/bias"}
        assert all(np.array_equal(weights[key], value) for key, value in pushed.items())
        assert tf.io.gfile.exists(f"{version}/saved_model.pb")


def _blessing(confirmed: dict[str, list[types.Artifact]]) -> dict[str, list[types.Artifact]]:
    return {"model_blessing": confirmed["blessing"]}


def _push(executor: type, name: str, inputs: dict[str, Any]) -> str:
    """The only version that an executor has pushed."""
    pushed, serving = (
        _artifact(standard_artifacts.PushedModel, f"{name}/1"),
        f"{_ROOT}/{name}/serving",
    )
    destination = json.dumps({"filesystem": {"base_directory": serving}})
    executor().Do(inputs, {"pushed_model": pushed}, {"push_destination": destination})
    assert pushed[0].get_int_custom_property("pushed") == 1
    (version,) = tf.io.gfile.listdir(serving)
    return f"{serving}/{version.rstrip('/')}"
