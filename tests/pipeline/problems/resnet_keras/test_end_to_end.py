"""The Keras ResNet on a few digits, started as a user starts it."""

import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tfx.utils import path_utils

from checkpoint_sweep.common.eval_config import with_defaults
from checkpoint_sweep.model_run.checkpoints import CheckpointError, find_checkpoints
from checkpoint_sweep.saved_model.saved_model import SavedModel
from pipeline.problems.digits import data, features
from pipeline.problems.digits.evaluation import eval_config
from pipeline.problems.resnet_keras import model as resnet
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import pipeline_run, small_resnets, tfrecords
from tests.support.candidates import make_candidates
from tests.support.pipeline_run import PipelineRun

pytestmark = pytest.mark.slow

BATCH_SIZE = 64
SHARED = {"accuracy", "cross_entropy", "top_3_accuracy"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PipelineRun:
    directory = tmp_path_factory.mktemp("resnet_keras")
    (directory / "data").mkdir()
    tfrecords.write(directory / "data" / "some.tfrecord.gz", data.examples(120), "GZIP")
    steps = ("--steps=6", "--checkpoint-steps=2")
    small = ("tests.support.small_resnets", "pipeline")
    return pipeline_run.run(
        "resnet_keras", directory / "root", directory / "data", *steps, command=small
    )


def test_the_resnet_has_fifty_layers() -> None:
    """Elsewhere in these tests it is small."""
    layers = [layer.name for layer in resnet.build().layers if layer.count_params()]
    assert sum(not n.endswith(("_bn", "_0_conv")) for n in layers) == 50


def test_an_undertrained_model_is_swept_and_not_pushed(run: PipelineRun) -> None:
    assert [c["step"] for c in run.summary["checkpoints"]] == [2, 4, 6]
    values = [c["value"] for c in run.summary["checkpoints"]]
    assert np.all(np.isfinite(values))
    assert len(set(values)) == len(values)
    assert not run.summary["sweep"]["blessed"]
    assert run.summary["pushed_model"] is None


def test_all_checkpoints_are_evaluated_in_one_graph(run: PipelineRun) -> None:
    text = " ".join(run.output.split())
    # Keras may warn before: to write a checkpoint takes longer than a step of a small model.
    sweep, done, _ = text.partition("CheckpointSweep ...")[2].partition("✓ CheckpointSweep")
    assert done
    assert re.search(r"evaluating 3 models in one pass", sweep)
    assert "warning" not in sweep


def test_an_export_that_no_checkpoint_has_is_refused(run: PipelineRun) -> None:
    exported = path_utils.serving_model_path(str(run.artifact("Trainer", "model")))
    without_last = find_checkpoints(str(run.artifact("Trainer", "model_run")))[:-1]
    with pytest.raises(CheckpointError):
        make_candidates(SavedModel(exported), without_last, without_last)


def test_keras_evaluate_agrees_with_the_sweep(
    run: PipelineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every metric that they share, for the first, the best and the last checkpoint."""
    spec = {
        features.IMAGE: tf.io.FixedLenFeature([], tf.string),
        features.LABEL: tf.io.FixedLenFeature([], tf.int64),
    }
    records = run.records("ImportExampleGen", "examples", "eval").batch(BATCH_SIZE)
    columns = records.map(lambda batch: tf.io.parse_example(batch, spec))
    examples = columns.map(lambda c: (resnet.images(c[features.IMAGE]), c[features.LABEL]))
    small_resnets.use(monkeypatch)
    weights = resnet.build()
    model = resnet.compiled(weights)
    for step in run.first_best_last():
        tf.train.Checkpoint(model=weights).read(run.checkpoint(step).prefix).assert_consumed()
        expected = model.evaluate(examples, return_dict=True, verbose=0)
        actual = run.metrics(step)
        assert set(expected) & set(actual) == SHARED
        for name in SHARED:
            assert actual[name] == pytest.approx(expected[name], rel=1e-5), (step, name)


def test_the_engine_equals_stock_tfma(run: PipelineRun, tmp_path: Path) -> None:
    """With the problem's own metrics, slices and thresholds, and a baseline to compare with.

    Both get the same batches: the last bit of a float32 prediction depends on the batch's size.
    """
    config = with_defaults(eval_config(), has_baseline=True)
    records = run.records("ImportExampleGen", "examples", "eval").take(10)
    file = tfrecords.write(tmp_path / "data", records.as_numpy_iterator())
    baseline, candidate = run.models([2, 6], tmp_path / "models")
    (engine,) = tfma_oracle.run_engine(
        file, config, [candidate], str(tmp_path / "engine"), baseline, BATCH_SIZE
    )
    stock = tfma_oracle.run_tfma(
        file, config, candidate, str(tmp_path / "tfma"), baseline, BATCH_SIZE
    )
    for name in ("candidate", "baseline"):
        expected, actual = tfma_oracle.load(stock, name), tfma_oracle.load(engine, name)
        assert any(expected["metrics"].values())
        assert tfma_oracle.differences(expected, actual, diff=1e-6) == []
