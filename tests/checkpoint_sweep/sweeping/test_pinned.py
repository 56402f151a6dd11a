"""Checkpoints of a run that goes on are pinned: none is missed, none is taken half."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from absl import logging

from checkpoint_sweep.model_run.checkpoints import CheckpointError
from checkpoint_sweep.sweeping import pinned as pinned_module
from checkpoint_sweep.sweeping.pinned import pin
from tests.support.estimator_run import STEPS, EstimatorRun


@pytest.fixture
def run(tmp_path: Path, trained: EstimatorRun) -> Path:
    copy = tmp_path / "run"
    shutil.copytree(trained.model_run, copy)
    return copy


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    return tmp_path / "pinned"


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(logging, "warning", lambda text, *values: said.append(text % values))
    return said


def _files(run: Path, step: int) -> list[Path]:
    return sorted(run.glob(f"model.ckpt-{step}.*"))


def _weights(folder: Path) -> dict[str, bytes]:
    files = [*folder.glob("model.ckpt-*.index"), *folder.glob("model.ckpt-*.data-*")]
    return {path.name: path.read_bytes() for path in files}


def test_every_checkpoint_is_pinned_once(run: Path, pinned: Path) -> None:
    assert pin(str(run), str(pinned)) == list(STEPS)
    assert pin(str(run), str(pinned)) == []
    assert _weights(pinned) == _weights(run)


def test_pinned_checkpoints_outlive_the_run(run: Path, pinned: Path) -> None:
    before = _weights(run)
    pin(str(run), str(pinned))
    shutil.rmtree(run)
    assert pin(str(run), str(pinned)) == []
    assert _weights(pinned) == before


def test_a_step_that_was_written_again_is_pinned_anew(run: Path, pinned: Path) -> None:
    pin(str(run), str(pinned))
    for path in _files(run, 20):
        content = (run / path.name.replace("-20.", "-40.")).read_bytes()
        path.unlink()
        path.write_bytes(content)
    assert pin(str(run), str(pinned)) == [20]
    assert _weights(pinned) == _weights(run)


@pytest.mark.parametrize("missing", ["index", "data-00000-of-00001"])
def test_an_incomplete_checkpoint_is_waited_for_and_holds_up_no_other(
    missing: str, run: Path, pinned: Path
) -> None:
    path = run / f"model.ckpt-20.{missing}"
    content = path.read_bytes()
    path.unlink()
    assert pin(str(run), str(pinned)) == [0, 40, 60]
    path.write_bytes(content)
    assert pin(str(run), str(pinned)) == [20]


@pytest.mark.parametrize("at", ["before its files are listed", "before it is linked"])
def test_a_checkpoint_that_is_deleted_meanwhile_is_named(
    at: str, run: Path, pinned: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "_new_files" if at == "before its files are listed" else "_link"
    original: Callable = getattr(pinned_module, name)

    def deleting(*arguments: object) -> object:
        if "model.ckpt-20" in str(arguments[0]):
            for path in _files(run, 20):
                path.unlink()
        return original(*arguments)

    monkeypatch.setattr(pinned_module, name, deleting)
    steps = pin(str(run), str(pinned))
    assert 20 not in {int(p.stem.rpartition("-")[2]) for p in pinned.glob("*.index")}
    assert [step for step in STEPS if step != 20] == [step for step in steps if step != 20]
    (said,) = warnings
    assert "step 20 was deleted before it could be pinned" in said


def test_what_a_killed_process_left_is_removed(run: Path, pinned: Path) -> None:
    assert pin(str(run), str(pinned)) == list(STEPS)
    for path in pinned.glob("model.ckpt-*"):
        path.unlink()
    (pinned / "model.ckpt-20.index.partial-link").write_text("half")
    assert pin(str(run), str(pinned)) == list(STEPS)
    assert not list(pinned.glob("*.partial-*"))


def test_a_folder_of_the_users_is_not_pinned_into(run: Path, pinned: Path) -> None:
    pinned.mkdir()
    (pinned / "model.ckpt-20.index").write_text("mine")
    with pytest.raises(CheckpointError, match="was not made by a watch"):
        pin(str(run), str(pinned))
    assert (pinned / "model.ckpt-20.index").read_text() == "mine"


def test_several_processes_may_pin_at_once(run: Path, pinned: Path) -> None:
    found: list[list[int]] = []
    together = threading.Barrier(4)

    def pin_all() -> None:
        together.wait()
        found.append(pin(str(run), str(pinned)))

    threads = [threading.Thread(target=pin_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [[], [], [], list(STEPS)]
    assert _weights(pinned) == _weights(run)


def test_checkpoints_are_copied_where_links_are_impossible(
    run: Path, pinned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert pin(str(run), str(pinned)) == list(STEPS)
    assert pin(str(run), str(pinned)) == []
    assert _weights(pinned) == _weights(run)


def test_before_the_run_begins_nothing_is_pinned(pinned: Path, tmp_path: Path) -> None:
    assert pin(str(tmp_path / "nowhere"), str(pinned)) == []


def test_two_series_are_refused_not_waited_for(run: Path, pinned: Path) -> None:
    for path in _files(run, 20):
        shutil.copy(path, run / path.name.replace("model", "other"))
    with pytest.raises(CheckpointError, match="2 series of checkpoints"):
        pin(str(run), str(pinned))
