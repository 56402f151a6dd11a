import os
import shutil
from pathlib import Path

import pytest
import tensorflow as tf

from pipeline.local.continuation import interrupted_executions, last_step, reuse_checkpoints
from tests.pipeline.recorded import Recorded, State


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Estimator writes: checkpoints of steps 0, 10 and 20, and other files."""
    folder = tmp_path_factory.mktemp("model_run")
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        step = tf.compat.v1.train.get_or_create_global_step()
        weights = tf.compat.v1.get_variable("w", [100])
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver([step, weights], max_to_keep=None)
        for number in (0, 10, 20):
            session.run(step.assign(number))
            saver.save(session, str(folder / "model.ckpt"), number)
    (folder / "graph.pbtxt").touch()
    (folder / "events.out.tfevents.1.host").write_text("events")
    return folder


@pytest.fixture
def model_run(written: Path, tmp_path: Path) -> Path:
    """A copy, as the run of execution 1 would have it; the next one's folder is beside it."""
    folder = tmp_path / "model_run/1"
    shutil.copytree(written, folder)
    return folder


def _recorded(tmp_path: Path, state: int = State.CANCELED, **second: object) -> Recorded:
    """Two executions of a Trainer, the first of which has not ended well."""
    recorded = Recorded(tmp_path / "metadata.sqlite")
    inputs = {"examples": recorded.artifact("Examples"), "schema": recorded.artifact("Schema")}
    recorded.execution("Trainer", state, "before", inputs, train_args="20", __noted__="x")
    changed = {"node": "Trainer", "inputs": inputs, "train_args": "20"} | second
    recorded.execution(state=State.RUNNING, **changed)  # type: ignore[arg-type]
    return recorded


def test_training_goes_on_from_the_last_checkpoint(model_run: Path, tmp_path: Path) -> None:
    target = tmp_path / "model_run/2"
    assert reuse_checkpoints(_recorded(tmp_path).store, 2, target) == 20
    assert tf.train.latest_checkpoint(str(target)) == str(target / "model.ckpt-20")
    assert {int(f.name.split("-")[1].split(".")[0]) for f in target.glob("*.index")} == {0, 10, 20}
    assert (target / "events.out.tfevents.1.host").read_text() == "events"
    assert not (target / "graph.pbtxt").exists()
    weights = "model.ckpt-20.data-00000-of-00001"
    assert os.path.samefile(target / weights, model_run / weights)
    # TensorFlow writes over an index: the earlier run's must stay as it is.
    assert not os.path.samefile(target / "model.ckpt-20.index", model_run / "model.ckpt-20.index")


def test_half_written_checkpoints_are_not_reused(model_run: Path, tmp_path: Path) -> None:
    (model_run / "model.ckpt-30_temp").mkdir()
    (model_run / "model.ckpt-30_temp/part-00000-of-00001.data-00000-of-00001").touch()
    for ending in ("index", "data-00000-of-00001"):  # whole, but not noted yet
        shutil.copy(model_run / f"model.ckpt-20.{ending}", model_run / f"model.ckpt-30.{ending}")
    target = tmp_path / "model_run/2"
    assert reuse_checkpoints(_recorded(tmp_path).store, 2, target) == 20
    assert not [f.name for f in target.iterdir() if "30" in f.name]


def test_a_last_checkpoint_with_its_weights_alone_is_reused(model_run: Path) -> None:
    """Estimator writes the graph after them."""
    (model_run / "model.ckpt-20.meta").unlink()
    assert last_step(model_run) == 20


@pytest.mark.parametrize("broken", ["model.ckpt-20.index", "model.ckpt-20.data-00000-of-00001"])
def test_training_goes_on_from_the_checkpoint_before_a_broken_one(
    broken: str, model_run: Path, tmp_path: Path
) -> None:
    (model_run / broken).write_bytes(b"")
    target = tmp_path / "model_run/2"
    assert reuse_checkpoints(_recorded(tmp_path).store, 2, target) == 10
    assert tf.train.latest_checkpoint(str(target)) == str(target / "model.ckpt-10")


def test_the_furthest_of_several_executions_is_reused(model_run: Path, tmp_path: Path) -> None:
    recorded = _recorded(tmp_path)
    inputs = {"examples": 1, "schema": 2}
    third = recorded.execution("Trainer", State.RUNNING, "later", inputs, train_args="20")
    shutil.copytree(model_run, model_run.parent / "2")
    (model_run.parent / "2/model.ckpt-20.index").unlink()
    assert interrupted_executions(recorded.store, third) == [1, 2]
    assert reuse_checkpoints(recorded.store, third, model_run.parent / "3") == 20


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"train_args": "30"}, id="a parameter"),
        pytest.param({"source": "abc"}, id="one more parameter"),
        pytest.param({"inputs": {"examples": 2, "schema": 1}}, id="an input"),
        pytest.param({"inputs": {"examples": 1}}, id="one input less"),
        pytest.param({"node": "Other"}, id="the node"),
        pytest.param({"state": State.COMPLETE}, id="it has ended"),
        pytest.param({"state": State.CACHED}, id="it was cached"),
    ],
)
def test_executions_with_other_parameters_are_not_reused(
    changed: dict[str, object], model_run: Path, tmp_path: Path
) -> None:
    assert model_run.is_dir()
    recorded = _recorded(tmp_path, **changed)  # type: ignore[arg-type]
    target = tmp_path / "model_run/2"
    assert reuse_checkpoints(recorded.store, 2, target) is None
    assert not target.exists()


def test_an_execution_whose_folder_was_removed_is_not_reused(tmp_path: Path) -> None:
    """As of an execution that failed: TFX removes its outputs."""
    assert reuse_checkpoints(_recorded(tmp_path).store, 2, tmp_path / "model_run/2") is None


def test_checkpoints_not_written_by_estimator_are_not_reused(tmp_path: Path) -> None:
    checkpoint = tf.train.Checkpoint(step=tf.Variable(3))
    tf.train.CheckpointManager(checkpoint, str(tmp_path), max_to_keep=None).save()
    assert last_step(tmp_path) is None
