"""The fares problem on a sample of the data, started as a user starts it."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from checkpoint_sweep.common.eval_config import with_defaults
from pipeline.problems.fares import features, model
from pipeline.problems.fares.evaluation import eval_config
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import pipeline_run, taxi_examples, tfrecords
from tests.support.pipeline_run import PipelineRun

pytestmark = pytest.mark.slow

BATCH_SIZE = 64
SHARED = {
    "mean_absolute_error",
    "mean_squared_error",
    "root_mean_squared_error",
    "squared_pearson_correlation",
    "coefficient_of_determination",
    "mean_label",
    "mean_prediction",
    "calibration",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PipelineRun:
    directory = tmp_path_factory.mktemp("fares")
    (directory / "data").mkdir()
    taxi_examples.write_csv(directory / "data" / "data.csv", 3000)
    steps = ("--steps=400", "--checkpoint-steps=100")
    return pipeline_run.run("fares", directory / "root", directory / "data", *steps)


def test_the_smallest_error_is_chosen_confirmed_and_pushed(run: PipelineRun) -> None:
    values = {c["step"]: c["value"] for c in run.summary["checkpoints"] if c["eligible"]}
    assert [c["step"] for c in run.summary["checkpoints"]] == [100, 200, 300, 400]
    assert run.chosen_step == min(values, key=values.__getitem__)
    assert run.summary["sweep"]["blessed"]
    assert run.summary["evaluator"]["blessed"]
    assert Path(run.summary["pushed_model"]).is_dir()


def test_nothing_was_evaluated_example_by_example_or_by_stock_tfma(run: PipelineRun) -> None:
    text = " ".join(run.output.split())
    assert "✓ CheckpointSweep" in text
    assert "warning" not in text
    assert "stock TFMA" not in text


def test_the_pushed_model_needs_no_label(run: PipelineRun) -> None:
    rows = taxi_examples.rows(5)[list(features.inputs())]
    serialized = [
        taxi_examples.serialize(row, taxi_examples.INTEGERS) for _, row in rows.iterrows()
    ]
    served = tf.saved_model.load(run.summary["pushed_model"]).signatures["serving_default"]
    (fares,) = served(tf.constant(serialized)).values()
    assert fares.shape == (5,)
    assert np.all(fares.numpy() >= 0)


def test_estimator_evaluate_agrees_with_the_sweep(run: PipelineRun) -> None:
    """On every metric that they share, for the first, the chosen and the last checkpoint."""
    transform = tft.TFTransformOutput(str(run.artifact("Transform", "transform_graph")))
    spec = transform.transformed_feature_spec()

    def examples() -> tf.data.Dataset:
        records = run.records("Transform", "transformed_examples", "eval").batch(256)
        columns = records.map(lambda batch: tf.io.parse_example(batch, spec))
        return columns.map(lambda batch: (batch, batch.pop(features.LABEL)))

    estimator = tf.estimator.Estimator(model.model_fn)
    for step in run.first_best_last():
        expected = estimator.evaluate(examples, checkpoint_path=run.checkpoint(step).prefix)
        actual = run.metrics(step)
        assert expected["global_step"] == step
        assert set(expected) & set(actual) == SHARED
        for name in SHARED:
            assert actual[name] == pytest.approx(expected[name], rel=1e-5), (step, name)


def test_the_engine_equals_stock_tfma(run: PipelineRun, tmp_path: Path) -> None:
    """With the problem's own metrics, slices and thresholds, and a baseline to compare with.

    Both get the same batches: the last bit of a float32 prediction depends on the batch's size.
    """
    config = with_defaults(eval_config(), has_baseline=True)
    records = run.records("CsvExampleGen", "examples", "eval").take(60)
    data = tfrecords.write(tmp_path / "data", records.as_numpy_iterator())
    baseline, *candidates = run.models([100, 300, 400], tmp_path / "models")
    engine = tfma_oracle.run_engine(
        data, config, candidates, str(tmp_path / "engine"), baseline, BATCH_SIZE
    )
    for candidate, output in zip(candidates, engine, strict=True):
        stock = tfma_oracle.run_tfma(
            data, config, candidate, str(tmp_path / candidate.name), baseline, BATCH_SIZE
        )
        for name in ("candidate", "baseline"):
            expected = tfma_oracle.load(stock, name)
            assert any(expected["metrics"].values())
            actual = tfma_oracle.load(output, name)
            assert tfma_oracle.differences(expected, actual, diff=1e-6) == []
