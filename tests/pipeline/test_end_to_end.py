"""The whole pipeline, started as a user starts it, on a sample of the data."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.writers import eval_config_writer

from checkpoint_sweep.saved_model.model_source import VARIABLES
from tests.support import taxi_examples
from tests.support.bundles import read_bundle

pytestmark = pytest.mark.slow


@dataclasses.dataclass(frozen=True)
class Run:
    """What one run printed and summed up."""

    output: str
    summary: dict

    @property
    def states(self) -> dict[str, str]:
        """The state of each node."""
        return {node["name"]: node["state"] for node in self.summary["nodes"]}


def _run(root: Path, data: Path, *options: str) -> Run:
    command = [sys.executable, "-m", "pipeline", f"--root={root}", f"--data={data}"]
    done = subprocess.run(
        [*command, "--steps=400", "--checkpoint-steps=100", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return Run(done.stdout + done.stderr, json.loads((root / "summary.json").read_text()))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pipeline")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("data")
    taxi_examples.write_csv(directory / "data.csv", 3000)
    return directory


@pytest.fixture(scope="module")
def first(root: Path, data: Path) -> Run:
    return _run(root, data)


@pytest.fixture(scope="module")
def second(root: Path, data: Path, first: Run) -> Run:
    """A run that trains a little longer."""
    del first
    return _run(root, data, "--steps=500")


@pytest.fixture(scope="module")
def third(root: Path, data: Path, second: Run) -> Run:
    """The same as the second."""
    del second
    return _run(root, data, "--steps=500")


def _checkpoint(root: Path, step: int) -> dict[str, np.ndarray]:
    run = min((root / "Trainer" / "model_run").iterdir(), key=lambda folder: int(folder.name))
    return read_bundle(str(run / f"model.ckpt-{step}"))


def test_a_model_is_chosen_blessed_and_pushed(first: Run) -> None:
    assert [c["step"] for c in first.summary["checkpoints"]] == [100, 200, 300, 400]
    assert first.summary["sweep"]["blessed"]
    assert first.summary["evaluator"]["blessed"]
    assert first.summary["evaluator"]["baseline_model"] is None
    assert Path(first.summary["pushed_model"]).is_dir()


def test_every_node_ran(first: Run) -> None:
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


def test_the_data_keep_to_the_schema(first: Run) -> None:
    assert first.summary["anomalies"] == []


def test_data_that_depart_from_the_schema_are_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    rows = taxi_examples.rows(400).assign(trip_start_hour="noon")
    rows.to_csv(tmp_path / "data" / "data.csv", index=False)
    command = [sys.executable, "-m", "pipeline", f"--root={tmp_path}/root"]
    done = subprocess.run(
        [*command, f"--data={tmp_path}/data"], capture_output=True, text=True, check=False
    )
    text = " ".join(done.stderr.split())
    assert done.returncode == 1
    assert "error Transform failed, and the data depart from the schema" in text
    assert "trip_start_hour" in text
    assert "Traceback" not in text


def test_the_same_step_is_chosen_evaluated_and_pushed(root: Path, first: Run) -> None:
    step = first.summary["sweep"]["chosen_step"]
    pushed = read_bundle(str(Path(first.summary["pushed_model"]) / VARIABLES))
    assert pushed["global_step"] == step
    evaluated = eval_config_writer.load_eval_run(first.summary["evaluator"]["evaluation"])
    (location,) = evaluated[3].values()
    assert location == first.summary["sweep"]["model"] + "/Format-Serving"
    assert read_bundle(f"{location}/{VARIABLES}")["global_step"] == step
    checkpoint = _checkpoint(root, step)
    assert all(np.array_equal(pushed[key], checkpoint[key]) for key in pushed)


def test_the_pushed_model_answers_a_serialized_example(first: Run) -> None:
    model = tf.saved_model.load(first.summary["pushed_model"])
    examples = tf.constant(taxi_examples.serialized(5))
    (output,) = model.signatures["serving_default"](examples).values()
    assert output.shape == (5,)
    assert np.all((output.numpy() > 0) & (output.numpy() < 1))


def test_the_chosen_has_the_best_value_of_the_eligible(first: Run) -> None:
    eligible = {c["step"]: c["value"] for c in first.summary["checkpoints"] if c["eligible"]}
    assert first.summary["sweep"]["chosen_step"] == max(eligible, key=eligible.__getitem__)


def test_the_test_split_was_not_chosen_on(first: Run) -> None:
    counts = {}
    for name, folder in (
        ("sweep", f"{first.summary['sweep']['evaluation']}/{first.summary['sweep']['chosen']}"),
        ("evaluator", first.summary["evaluator"]["evaluation"]),
    ):
        slices = dict(tfma.load_eval_result(folder).slicing_metrics)
        counts[name] = slices[()][""][""]["example_count"]["doubleValue"]
    assert counts["sweep"] != counts["evaluator"]
    assert 900 < counts["sweep"] + counts["evaluator"] < 1500  # two fifths of 3000


def test_the_terminal_tells_the_story(first: Run) -> None:
    text = " ".join(first.output.split())
    step = first.summary["sweep"]["chosen_step"]
    assert f"Sweep BLESSED: step {step}" in text
    assert "Evaluator BLESSED on test, no earlier blessed model to compare with" in text
    for node in first.states:
        assert f"✓ {node}" in text
    assert "saved the checkpoint of step 400 of 400" in text
    assert "Traceback" not in text
    assert "deprecated" not in text
    assert "cuda" not in text.lower()


def test_a_later_run_compares_with_the_first(first: Run, second: Run) -> None:
    assert second.summary["evaluator"]["baseline_model"] == first.summary["sweep"]["model"]
    assert second.states["Transform"] == "cached"
    assert second.states["Evaluator"] == "complete"


def test_where_nothing_has_changed_nothing_is_evaluated_and_pushed(second: Run, third: Run) -> None:
    states = dict(third.states)
    assert states.pop("Baseline") == "complete"
    assert set(states.values()) == {"cached"}
    assert not states.keys() & {"Evaluator", "Pusher"}
    assert second.summary["pushed_model"] in third.summary["reason"]
    assert third.summary["pushed_model"] is None
    assert "Nothing has changed" in third.output
