"""Training where artifacts are in no folder of this machine: TensorFlow's file system in memory."""

import uuid
from pathlib import Path

import pytest
import tensorflow as tf
from tfx import v1 as tfx
from tfx.components.util import tfxio_utils
from tfx.types import artifact_utils, standard_artifacts

from tests.pipeline.tiny import model
from tests.pipeline.tiny.problem import tiny


def _examples(folder: Path) -> standard_artifacts.Examples:
    for split in ("train", "eval"):
        (folder / f"Split-{split}").mkdir(parents=True)
        path = str(folder / f"Split-{split}/data.gz")
        with tf.io.TFRecordWriter(path, tf.io.TFRecordOptions(compression_type="GZIP")) as writer:
            for number in range(100):
                example = tf.train.Example()
                example.features.feature["x"].float_list.value.append(number / 50 - 1)
                example.features.feature["y"].int64_list.value.append(number // 50)
                writer.write(example.SerializeToString())
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder)
    artifact.split_names = artifact_utils.encode_split_names(["train", "eval"])
    artifact.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    return artifact


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
            data_accessor=tfx.components.DataAccessor(
                tf_dataset_factory=tfxio_utils.get_tf_dataset_factory_from_artifact(
                    [examples], ["Test"]
                ),
                record_batch_factory=None,
                data_view_decode_fn=None,
            ),
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
    example = tf.train.Example()
    example.features.feature["x"].float_list.value.append(1.0)
    (probability,) = signature(tf.constant([example.SerializeToString()]))["probability"].numpy()
    assert 0 < probability < 1
