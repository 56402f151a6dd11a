import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.local.lock import RootError, locked

_HOLD = """
import sys, time
from pathlib import Path
from pipeline.local.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_second_run_is_told_who_has_the_root(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(RootError) as caught, locked(tmp_path):
        pass
    assert str(caught.value) == (
        f"Another run, process {os.getpid()}, is working in {tmp_path}. Wait until it ends, or "
        "name "
        "another folder by --root."
    )


def test_a_root_is_free_after_a_run_and_made_before_it(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path / "new/root"):
            pass


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RootError, match=f"process {holder.pid},"), locked(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
    with locked(tmp_path):
        pass


def test_a_root_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = r"Nothing can be written to .*/file/root: Not a directory. Name another .* --root"
    with pytest.raises(RootError, match=message), locked(tmp_path / "file/root"):
        pass


def test_a_metadata_store_that_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "metadata.sqlite").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(RootError, match=r"Permission denied\. Name another"), locked(tmp_path):
        pass


def test_artifacts_without_their_metadata_store_are_not_written_over(tmp_path: Path) -> None:
    root = tmp_path / "root"
    with locked(root):
        (root / "Trainer/.system/executor_execution/5").mkdir(parents=True)
        (root / "metadata.sqlite").touch()
    with locked(root):
        pass
    (root / "metadata.sqlite").unlink()
    message = r"metadata store .*metadata.sqlite is gone.* Restore the store, or name another"
    with pytest.raises(RootError, match=message), locked(root):
        pass
