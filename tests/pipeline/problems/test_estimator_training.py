"""Training where artifacts are in no folder of this machine: TensorFlow's file system in memory."""

import uuid
from pathlib import Path

import pytest
import tensorflow as tf
from tfx import v1 as tfx
from tfx.types import standard_artifacts

from tests.pipeline.tiny import model
from tests.pipeline.tiny.problem import tiny
from tests.support import passthrough_model, tfx_artifacts


def _examples(folder: Path) -> standard_artifacts.Examples:
    rows = [{"x": [number / 50 - 1], "y": [number // 50]} for number in range(100)]
    serialized = [passthrough_model.serialize(row) for row in rows]
    return tfx_artifacts.write_examples(folder, {"train": serialized, "eval": serialized})


@pytest.mark.parametrize("scheme", ["ram://", ""], ids=["in memory", "in a folder"])
def test_checkpoints_and_export_are_in_the_given_folders(scheme: str, tmp_path: Path) -> None:
    examples = _examples(tmp_path / "examples")
    where = f"ram://{uuid.uuid4().hex}" if scheme else str(tmp_path / "trainer")
    model.run_fn(
        tfx.components.FnArgs(
            train_files=tf.io.gfile.glob(f"{examples.uri}/Split-train/*"),
            eval_files=tf.io.gfile.glob(f"{examples.uri}/Split-eval/*"),
            train_steps=20,
            schema_path=str(tiny().schema),
            data_accessor=tfx_artifacts.data_accessor(examples),
            model_run_dir=f"{where}/checkpoints",
            serving_model_dir=f"{where}/model/Format-Serving",
            custom_config={"checkpoint_steps": 10},
        )
    )
    names = tf.io.gfile.listdir(f"{where}/checkpoints")
    assert {n for n in names if n.endswith(".index")} == {
        f"model.ckpt-{s}.index" for s in (0, 10, 20)
    }
    assert [n.rstrip("/") for n in tf.io.gfile.listdir(f"{where}/model")] == ["Format-Serving"]
    exported = f"{where}/model/Format-Serving"
    signature = tf.saved_model.load(exported).signatures["serving_default"]
    example = passthrough_model.serialize({"x": [1.0]})
    (probability,) = signature(tf.constant([example]))["probability"].numpy()
    assert 0 < probability < 1
