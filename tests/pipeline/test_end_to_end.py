"""The whole pipeline, run three times on a sample of the data."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.writers import eval_config_writer

from checkpoint_sweep.saved_model.model_source import VARIABLES
from tests.support import pipeline_run, taxi_examples, warm_pipeline
from tests.support.pipeline_run import PipelineRun
from tests.support.tensor_bundles import read_bundle

pytestmark = pytest.mark.slow


_LONGER = ("--steps=500", "--checkpoint-steps=250")


@pytest.fixture(scope="module")
def first(taxi_run: PipelineRun) -> PipelineRun:
    return taxi_run


@pytest.fixture(scope="module")
def second(first: PipelineRun) -> PipelineRun:
    """A run that trains a little longer, started as a user starts it."""
    data = first.root.with_name("data")
    return pipeline_run.run("taxi", first.root, data, *_LONGER, cold=True)


@pytest.fixture(scope="module")
def third(first: PipelineRun, second: PipelineRun) -> PipelineRun:
    """The same as the second."""
    del second
    return pipeline_run.run("taxi", first.root, first.root.with_name("data"), *_LONGER)


def _run_of(first: PipelineRun) -> Path:
    runs = (first.root / "Trainer" / "model_run").iterdir()
    return min(runs, key=lambda folder: int(folder.name))


def test_a_model_is_chosen_blessed_and_pushed(first: PipelineRun) -> None:
    assert [c["step"] for c in first.summary["checkpoints"]] == [100, 200, 300, 400]
    assert first.summary["sweep"]["blessed"]
    assert first.summary["evaluator"]["blessed"]
    assert first.summary["evaluator"]["baseline_model"] is None
    assert Path(first.summary["pushed_model"]).is_dir()


def test_every_node_ran(first: PipelineRun) -> None:
    assert set(first.states) == {
        "CsvExampleGen",
        "StatisticsGen",
        "ImportSchemaGen",
        "ExampleValidator",
        "Transform",
        "Trainer",
        "CheckpointSweep",
        "Baseline",
        "Evaluator",
        "Pusher",
    }
    assert set(first.states.values()) == {"complete"}


def test_the_data_keep_to_the_schema(first: PipelineRun) -> None:
    assert first.summary["anomalies"] == []


def test_data_that_depart_from_the_schema_are_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    rows = taxi_examples.rows(400).assign(trip_start_hour="noon")
    rows.to_csv(tmp_path / "data" / "data.csv", index=False)
    done = warm_pipeline.run("pipeline", f"--root={tmp_path}/root", f"--data={tmp_path}/data")
    text = " ".join(done.stderr.split())
    assert done.returncode == 1
    assert "error Transform failed, and the data do not match the schema" in text
    assert "trip_start_hour" in text
    assert "Traceback" not in text


def test_the_same_step_is_chosen_evaluated_and_pushed(first: PipelineRun) -> None:
    step = first.summary["sweep"]["chosen_step"]
    pushed = read_bundle(str(Path(first.summary["pushed_model"]) / VARIABLES))
    assert pushed["global_step"] == step
    evaluated = eval_config_writer.load_eval_run(first.summary["evaluator"]["evaluation"])
    (location,) = evaluated[3].values()
    assert location == first.summary["sweep"]["model"] + "/Format-Serving"
    assert read_bundle(f"{location}/{VARIABLES}")["global_step"] == step
    checkpoint = read_bundle(str(_run_of(first) / f"model.ckpt-{step}"))
    assert all(np.array_equal(pushed[key], checkpoint[key]) for key in pushed)


def test_the_pushed_model_answers_a_serialized_example(first: PipelineRun) -> None:
    model = tf.saved_model.load(first.summary["pushed_model"])
    examples = tf.constant(taxi_examples.serialized(5))
    (output,) = model.signatures["serving_default"](examples).values()
    assert output.shape == (5,)
    assert np.all((output.numpy() > 0) & (output.numpy() < 1))


def test_the_chosen_has_the_best_value_of_the_eligible(first: PipelineRun) -> None:
    eligible = {c["step"]: c["value"] for c in first.summary["checkpoints"] if c["eligible"]}
    assert first.summary["sweep"]["chosen_step"] == max(eligible, key=eligible.__getitem__)


def test_the_test_split_was_not_chosen_on(first: PipelineRun) -> None:
    counts = {}
    for name, folder in (
        ("sweep", f"{first.summary['sweep']['evaluation']}/{first.summary['sweep']['chosen']}"),
        ("evaluator", first.summary["evaluator"]["evaluation"]),
    ):
        slices = dict(tfma.load_eval_result(folder).slicing_metrics)
        counts[name] = slices[()][""][""]["example_count"]["doubleValue"]
    assert counts["sweep"] != counts["evaluator"]
    assert 900 < counts["sweep"] + counts["evaluator"] < 1500  # two fifths of 3000


def test_the_terminal_names_every_node_and_the_outcome(first: PipelineRun) -> None:
    text = " ".join(first.output.split())
    step = first.summary["sweep"]["chosen_step"]
    assert f"Sweep BLESSED: step {step}" in text
    assert "Evaluator BLESSED on test, no earlier blessed model to compare with" in text
    for node in first.states:
        assert f"✓ {node}" in text
    assert "saved the checkpoint of step 400 of 400" in text
    assert "Traceback" not in text


def test_the_terminal_shows_nothing_of_what_libraries_say(second: PipelineRun) -> None:
    text = " ".join(second.output.split())
    assert all(f"{node}" in text for node in second.states)
    assert "saved the checkpoint of step 500 of 500" in text
    for word in ("traceback", "deprecated", "cuda"):
        assert word not in text.lower()


def test_a_later_run_compares_with_the_first(first: PipelineRun, second: PipelineRun) -> None:
    assert second.summary["evaluator"]["baseline_model"] == first.summary["sweep"]["model"]
    assert second.states["Transform"] == "cached"
    assert second.states["Evaluator"] == "complete"


def test_where_nothing_has_changed_nothing_is_evaluated_and_pushed(
    second: PipelineRun, third: PipelineRun
) -> None:
    states = dict(third.states)
    assert states.pop("Baseline") == "complete"
    assert set(states.values()) == {"cached"}
    assert not states.keys() & {"Evaluator", "Pusher"}
    assert second.summary["pushed_model"] in third.summary["reason"]
    assert third.summary["pushed_model"] is None
    assert "Nothing has changed" in third.output
