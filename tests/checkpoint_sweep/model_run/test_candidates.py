import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from checkpoint_sweep.model_run.checkpoints import CheckpointError, find_checkpoints
from checkpoint_sweep.model_run.exported_model import ExportedModelError
from checkpoint_sweep.saved_model.model_source import VARIABLES
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from tests.support.candidates import Candidates, make_candidates
from tests.support.estimator_run import STEPS, EstimatorRun
from tests.support.tensor_bundles import read_bundle, write_bundle


@pytest.fixture
def run(trained: EstimatorRun, tmp_path: Path) -> EstimatorRun:
    """A copy that a test may damage."""
    shutil.copytree(trained.model_run, tmp_path / "run")
    shutil.copytree(trained.export, tmp_path / "export")
    return EstimatorRun(trained.estimator, tmp_path / "run", tmp_path / "export")


def _candidates(run: EstimatorRun) -> Candidates:
    checkpoints = find_checkpoints(str(run.model_run))
    return make_candidates(SavedModel(str(run.export)), checkpoints, checkpoints)


def _checkpoint(run: EstimatorRun, step: int) -> str:
    return str(run.model_run / f"model.ckpt-{step}")


def test_every_checkpoint_is_a_candidate(trained: EstimatorRun) -> None:
    found = _candidates(trained)
    assert (tuple(found.sources), found.skipped) == (STEPS, {})


def test_the_last_candidate_is_the_export_bit_for_bit(
    trained: EstimatorRun, tmp_path: Path
) -> None:
    write_saved_model(_candidates(trained).sources[STEPS[-1]], str(tmp_path / "swapped"))
    exported = read_bundle(str(trained.export / VARIABLES))
    swapped = read_bundle(str(tmp_path / "swapped" / VARIABLES))
    assert swapped.keys() == exported.keys()
    assert all(swapped[key].tobytes() == exported[key].tobytes() for key in exported)
    graph = "saved_model.pb"
    assert (tmp_path / "swapped" / graph).read_bytes() == (trained.export / graph).read_bytes()


@pytest.mark.parametrize("step", STEPS)
def test_a_candidate_has_its_checkpoints_weights(
    trained: EstimatorRun, tmp_path: Path, step: int
) -> None:
    write_saved_model(_candidates(trained).sources[step], str(tmp_path / "swapped"))
    checkpoint = read_bundle(_checkpoint(trained, step))
    swapped = read_bundle(str(tmp_path / "swapped" / VARIABLES))
    assert swapped["global_step"] == step
    assert all(swapped[key].tobytes() == checkpoint[key].tobytes() for key in swapped)


@pytest.mark.parametrize("step", STEPS)
def test_a_candidate_predicts_what_the_estimator_does(
    trained: EstimatorRun, tmp_path: Path, step: int, examples: list[bytes]
) -> None:
    write_saved_model(_candidates(trained).sources[step], str(tmp_path / "swapped"))
    signature = tf.saved_model.load(str(tmp_path / "swapped")).signatures["serving_default"]
    served = signature(tf.constant(examples))["probability"].numpy()
    expected = list(
        trained.estimator.predict(
            lambda: tf.data.Dataset.from_tensor_slices(examples).batch(100).map(_parse),
            checkpoint_path=_checkpoint(trained, step),
        )
    )
    np.testing.assert_allclose(served, [e["probability"] for e in expected], rtol=1e-6)


def _parse(batch: tf.Tensor) -> dict:
    from tests.support.estimator_run import FEATURES

    return tf.io.parse_example(batch, FEATURES)


def test_shipped_moving_averages_are_found(run: EstimatorRun) -> None:
    for step in STEPS:
        tensors = read_bundle(_checkpoint(run, step))
        averages = {
            f"{key}/ExponentialMovingAverage": value * np.float32(0.5)
            for key, value in tensors.items()
            if key.endswith(("kernel", "bias"))
        }
        write_bundle(_checkpoint(run, step), tensors | averages)
    exported = read_bundle(str(run.export / VARIABLES))
    shipped = {k: v * np.float32(0.5) if k != "global_step" else v for k, v in exported.items()}
    write_bundle(str(run.export / VARIABLES), shipped)
    keys = _candidates(run).sources[STEPS[1]].keys
    assert keys == {k: f"{k}/ExponentialMovingAverage" for k in exported if k != "global_step"}


def test_an_export_that_no_checkpoint_reproduces_is_refused(run: EstimatorRun) -> None:
    exported = read_bundle(str(run.export / VARIABLES))
    changed = exported | {"logit/kernel": exported["logit/kernel"] + np.float32(1)}
    write_bundle(str(run.export / VARIABLES), changed)
    with pytest.raises(ExportedModelError, match=r"step 60, 1 of 5 variables .*: logit/kernel\."):
        _candidates(run)


def test_an_export_whose_checkpoint_is_gone_is_refused(run: EstimatorRun) -> None:
    for file in run.model_run.glob("model.ckpt-60.*"):
        file.unlink()
    with pytest.raises(ExportedModelError, match="exported at step 60"):
        _candidates(run)


def test_an_export_without_weights_is_refused(run: EstimatorRun) -> None:
    shutil.rmtree(run.export / "variables")
    with pytest.raises(ExportedModelError, match="has no weights"):
        _candidates(run)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            lambda t: {k: v for k, v in t.items() if not k.startswith("hidden/kernel")},
            "it lacks hidden/kernel",
            id="missing variable",
        ),
        pytest.param(
            lambda t: t | {"logit/kernel": np.zeros((9, 1), np.float32)},
            r"logit/kernel is float32 \[9, 1\], not float32 \[4, 1\]",
            id="misshapen variable",
        ),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(
    run: EstimatorRun, change: object, message: str
) -> None:
    tensors = read_bundle(_checkpoint(run, 20))
    write_bundle(_checkpoint(run, 20), change(tensors))  # type: ignore[operator]
    with pytest.raises(CheckpointError, match=rf"step 20 .* is of another model: {message}"):
        _candidates(run)


def _damage_index(run: EstimatorRun) -> None:
    Path(_checkpoint(run, 20) + ".index").write_bytes(b"not a table")


def _damage_data(run: EstimatorRun) -> None:
    data = Path(_checkpoint(run, 20) + ".data-00000-of-00001")
    data.write_bytes(bytes(len(data.read_bytes())))


def _put_nan(run: EstimatorRun) -> None:
    tensors = read_bundle(_checkpoint(run, 20))
    write_bundle(_checkpoint(run, 20), tensors | {"hidden/bias": np.float32([np.nan] * 4)})


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(_damage_index, "unreadable: ", id="index"),
        pytest.param(_damage_data, "unreadable: ", id="data"),
        pytest.param(_put_nan, "its weights are not finite: hidden/bias", id="NaN"),
    ],
)
def test_a_damaged_checkpoint_is_left_out(run: EstimatorRun, damage: object, reason: str) -> None:
    damage(run)  # type: ignore[operator]
    found = _candidates(run)
    assert tuple(found.sources) == (0, 40, 60)
    assert found.skipped[20].startswith(reason)


def test_only_damaged_checkpoints_are_refused(run: EstimatorRun) -> None:
    checkpoints = find_checkpoints(str(run.model_run))
    _put_nan(run)
    swept = [c for c in checkpoints if c.step == 20]
    with pytest.raises(CheckpointError, match="None of the 1 checkpoints can be used"):
        make_candidates(SavedModel(str(run.export)), checkpoints, swept)
