"""What is written to a run says that its training goes on."""

import subprocess
from pathlib import Path

import pytest

from checkpoint_sweep.model_run.training_signs import being_written_reason


@pytest.mark.parametrize("name", ["ckpt-9_temp", "ckpt-9.data-00000-of-00001.tempstate17"])
def test_a_checkpoint_that_is_being_written_is_named(name: str, tmp_path: Path) -> None:
    assert being_written_reason(str(tmp_path)) is None
    (tmp_path / name).mkdir()
    assert name in (being_written_reason(str(tmp_path)) or "")


@pytest.mark.parametrize(("mode", "writes"), [(">>", True), ("<", False)])
def test_a_process_that_has_a_file_open_for_writing_is_named(
    mode: str, writes: bool, tmp_path: Path
) -> None:
    events = tmp_path / "events.out.tfevents.1"
    events.touch()
    command = f"exec 5{mode}{events.name}; echo open; read line"
    with subprocess.Popen(
        ["bash", "-c", command],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as training:
        assert training.stdout is not None
        training.stdout.readline()
        reason = being_written_reason(str(tmp_path))
        training.communicate(b"\n")
    assert (reason is not None) == writes
    if reason:
        assert f"process {training.pid} writes to {events}" in reason


def test_files_that_this_process_writes_are_no_sign(tmp_path: Path) -> None:
    with (tmp_path / "events").open("w"):
        assert being_written_reason(str(tmp_path)) is None
