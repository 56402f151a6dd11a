"""Runs that push, push nothing, fail, or are interrupted: each as a user starts and sees it."""

import re
import shutil
import signal
import uuid
from pathlib import Path

import pytest

from pipeline.config import metadata_store
from pipeline.reporting.store import Store, state
from tests.pipeline.tiny import command
from tests.pipeline.tiny.__main__ import BEAM, LOCKED, UNREAD, WORKER
from tests.pipeline.tiny.command import Ended, Started
from tests.pipeline.tiny.model import BETTER, FAILS, HOLD
from tests.pipeline.tiny.problem import RUN_FN
from tests.support.eager_nodes import BEAMS_OWN

pytestmark = pytest.mark.slow

# No model is better than itself.
_BETTER = {BETTER: "0.01"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return command.write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def killed(root: Path, data: Path) -> Ended:
    """A run that is killed when its model was blessed, before it is pushed."""
    started = Started(root, data, **_BETTER)
    started.wait_for("✓ Evaluator")
    return started.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def first(root: Path, data: Path, killed: Ended) -> Ended:
    """The same run, started again."""
    assert killed.status == -signal.SIGKILL
    return command.run(root, data, **_BETTER)


@pytest.fixture(scope="module")
def unchanged(root: Path, data: Path, first: Ended) -> Ended:
    assert first.status == 0, first.shown
    return command.run(root, data, **_BETTER)


def _log(root: Path, ended: Ended) -> Path:
    """The log of a run, which its error names."""
    log = root / "logs" / f"{ended.summary['run_id']}.log"
    assert ended.error.endswith(f". The whole error is in {log}.")
    return log


def test_a_model_is_pushed(first: Ended) -> None:
    assert first.status == 0, first.shown
    assert first.summary["state"] == "complete"
    assert first.summary["reason"] == f"The model was pushed to {first.summary['pushed_model']}."
    assert Path(first.summary["pushed_model"], "saved_model.pb").is_file()


def test_a_model_that_was_blessed_and_not_pushed_need_not_be_better_than_itself(
    first: Ended,
) -> None:
    assert first.states["Evaluator"] == "cached"
    assert first.summary["evaluator"]["baseline_model"] is None


def test_what_has_not_changed_is_not_pushed_again(
    root: Path, first: Ended, unchanged: Ended
) -> None:
    assert unchanged.status == 0
    pushed = first.summary["pushed_model"]
    reason = f"Nothing has changed: the chosen model is the one that was pushed to {pushed}."
    assert unchanged.summary["reason"] == reason
    assert f"Pushed nothing. {reason}" in " ".join(unchanged.shown.split())
    assert unchanged.summary["state"] == "complete"
    assert unchanged.summary["run_id"] > first.summary["run_id"]
    assert (unchanged.summary["pushed_model"], unchanged.summary["evaluator"]) == (None, None)
    assert unchanged.states.pop("Baseline") == "complete"
    assert set(unchanged.states.values()) == {"complete", "cached"}
    assert [str(folder) for folder in (root / "serving").iterdir()] == [pushed]


def test_a_run_goes_on_when_nobody_reads_its_output(
    root: Path, data: Path, unchanged: Ended
) -> None:
    started = Started(root, data, **_BETTER)
    started.wait_for("CsvExampleGen ...")
    started.stop_reading()
    ended = started.end()
    assert (ended.status, ended.error) == (0, "")
    assert ended.summary["run_id"] > unchanged.summary["run_id"]
    assert ended.summary["reason"] == unchanged.summary["reason"]


def test_what_was_pushed_and_removed_is_pushed_again(
    root: Path, data: Path, unchanged: Ended
) -> None:
    assert unchanged.status == 0
    shutil.rmtree(root / "serving")
    again = command.run(root, data, **_BETTER)
    assert again.status == 0, again.shown
    assert again.states["Evaluator"] == "cached"
    assert again.summary["evaluator"]["baseline_model"] is None
    assert again.states["Pusher"] == "complete"
    (version,) = (root / "serving").iterdir()
    assert again.summary["pushed_model"] == str(version)
    assert (version / "saved_model.pb").is_file()


@pytest.mark.parametrize("engine", ["fused", "tfma"])
def test_a_model_that_the_evaluator_does_not_bless_is_not_pushed(
    engine: str, root: Path, data: Path, unchanged: Ended
) -> None:
    assert unchanged.status == 0
    before = sorted((root / "serving").iterdir())
    ended = command.run(root, data, f"--engine={engine}", **{BETTER: "0.5"})
    assert ended.status == 0, ended.shown
    assert ended.summary["run_id"] > unchanged.summary["run_id"]
    assert ended.summary["state"] == "complete"
    assert ended.summary["sweep"]["blessed"]
    assert not ended.summary["evaluator"]["blessed"]
    (failure,) = ended.summary["evaluator"]["failures"]
    reason = f"The Evaluator did not bless the model: {failure}."
    assert ended.summary["reason"] == reason
    assert f"Pushed nothing. {reason}" in " ".join(ended.shown.split())
    assert "Traceback" not in ended.shown
    assert ended.summary["pushed_model"] is None
    assert ended.states["Pusher"] == "complete"
    assert sorted((root / "serving").iterdir()) == before


def test_a_node_that_fails_is_one_sentence(root: Path, data: Path, first: Ended) -> None:
    ended = command.run(root, data, "--steps=50", **{FAILS: "training"})
    assert ended.status == 1
    assert ended.error.startswith("Trainer failed: RuntimeError: the cat sat. The whole")
    assert "Traceback" not in ended.shown
    assert "✗ Trainer" in ended.shown
    text = _log(root, ended).read_text()
    assert "Traceback (most recent call last)" in text
    assert "on the keyboard" in text
    assert ended.summary["run_id"] > first.summary["run_id"]
    assert (ended.summary["state"], ended.summary["reason"]) == ("failed", ended.error)
    assert ended.states["Trainer"] == "failed"
    assert ended.states["StatisticsGen"] == "cached"


def test_a_run_that_fails_before_its_first_node_has_its_own_summary(
    root: Path, data: Path, first: Ended
) -> None:
    ended = command.run(root, data, **{RUN_FN: "no.such.run_fn"})
    assert ended.status == 1
    assert ended.error.startswith("The run failed before its first node: ModuleNotFoundError: ")
    assert "Traceback" not in ended.shown
    assert "Traceback" in _log(root, ended).read_text()
    assert ended.summary["run_id"] > first.summary["run_id"]
    assert (ended.summary["state"], ended.summary["reason"]) == ("failed", ended.error)
    assert (ended.summary["nodes"], ended.summary["sweep"]) == ([], None)


def test_an_error_in_beam_is_one_sentence(tmp_path: Path) -> None:
    ragged = command.write_data(tmp_path / "data")
    with (ragged / "data.csv").open("a") as file:
        file.write("1,1,1\n")
    ended = command.run(tmp_path / "root", ragged, BEAMS_OWN, **{UNREAD: "1"})
    assert ended.status == 1
    said = "CsvExampleGen failed: ValueError: Columns do not match specified csv headers: "
    assert ended.error.startswith(said)
    assert "Traceback" not in ended.shown
    assert "Traceback" in _log(tmp_path / "root", ended).read_text()
    assert ended.states == {"CsvExampleGen": "failed"}


@pytest.fixture(scope="module")
def interrupted_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("interrupted")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_beam_interrupted(number: int, data: Path, interrupted_root: Path) -> None:
    started = Started(interrupted_root, data, BEAMS_OWN)
    started.wait_for("StatisticsGen ...")
    started.wait_for(BEAM)
    ended = started.end(number)
    assert ended.status == 128 + number
    found = re.fullmatch(
        r"(\w+) was interrupted. Run the same command to resume, with (.+) from its "
        r"beginning.",
        ended.error,
    )
    assert found, ended.error
    assert (ended.summary["state"], ended.summary["reason"]) == ("failed", ended.error)
    assert "Pusher" not in ended.states
    assert "Traceback" not in ended.shown


def test_beam_that_does_not_end_when_interrupted_is_ended(data: Path, tmp_path: Path) -> None:
    """Its workers are processes of their own then, and what they say of it is in the log."""
    options = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    started = Started(tmp_path, data, *(f"--beam-arg={option}" for option in options))
    started.wait_for("CsvExampleGen ...")
    started.wait_for(WORKER)
    ended = started.end(signal.SIGINT)
    assert ended.status == 130
    said = "CsvExampleGen was interrupted. Run the same command to resume, with "
    assert ended.error == f"{said}CsvExampleGen from its beginning."
    assert ended.summary["reason"] == ended.error
    assert "Traceback" not in ended.shown


def test_before_the_first_node_interrupted(tmp_path: Path, data: Path) -> None:
    started = Started(tmp_path / "root", data, "--select-by=acu")
    started.wait_for(LOCKED)
    ended = started.end(signal.SIGINT)
    assert ended.status == 130
    assert ended.error == "Interrupted. Run the same command to start again."
    assert ended.summary == {}


def test_training_goes_on_where_it_was_interrupted_or_killed(
    root: Path, data: Path, first: Ended
) -> None:
    assert first.status == 0, first.shown
    options = ("--steps=60", "--checkpoint-steps=10")
    started = Started(root, data, *options, **{HOLD: "25"})
    started.wait_for("saved the checkpoint of step 20 of 60")
    other = command.run(root, data, *options)
    assert other.status == 1
    assert other.error == (
        f"Another run, process {started.pid}, is working in {root}. Wait until it ends, or name "
        "another folder by --root."
    )
    assert other.summary["reason"] == "The run has not ended: it is running, or it was killed."
    interrupted = started.end(signal.SIGINT)
    assert interrupted.status == 130
    said = "Trainer was interrupted. Run the same command to resume, with training from step "
    assert interrupted.error.startswith(said)
    step = int(interrupted.error.removeprefix(said).rstrip("."))
    assert step in (20, 25)
    assert interrupted.summary["reason"] == interrupted.error
    assert interrupted.states["Trainer"] == "interrupted"

    started = Started(root, data, *options, **{HOLD: "45"})
    started.wait_for(f"continued from step {step}, where an earlier run was interrupted")
    started.wait_for(f"saved the checkpoint of step {step + 10} of 60")
    partial = root / f"CheckpointSweep/x.partial-{uuid.uuid4().hex}"
    partial.touch()
    killed = started.end(signal.SIGKILL)
    assert killed.summary["state"] == "failed"
    assert killed.summary["reason"] == "The run has not ended: it is running, or it was killed."

    ended = command.run(root, data, *options)
    assert ended.status == 0, ended.shown
    continued = ended.summary["training"]["continued_from_step"]
    assert continued >= step + 10
    assert f"Training continued from step {continued}, where it was interrupted" in ended.shown
    assert f"saved the checkpoint of step {continued - 10} of 60" not in ended.shown
    assert [c["step"] for c in ended.summary["checkpoints"]] == list(range(10, 61, 10))
    assert not partial.exists()
    executions = Store.open(metadata_store(root)).mlmd.get_executions()
    assert "running" not in {state(execution) for execution in executions}


def test_other_parameters_train_from_the_beginning(root: Path, data: Path, first: Ended) -> None:
    assert first.status == 0, first.shown
    started = Started(root, data, "--steps=50", **{HOLD: "25"})
    started.wait_for("saved the checkpoint of step 20 of 50")
    started.end(signal.SIGKILL)
    other = Started(root, data, "--steps=70")
    other.wait_for("✓ Trainer")
    ended = other.end(signal.SIGKILL)
    assert "saved the checkpoint of step 20 of 70" in ended.shown
    assert "continued from step" not in ended.shown
