"""A lock is held by one at a time, and by no process that has ended."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from checkpoint_sweep.common.locks import LockHeldError, exclusive, waited_for

_HOLD = """
import sys, time
from checkpoint_sweep.common.locks import exclusive
with exclusive(sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""
Lock = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "new/folder/.lock")


@pytest.mark.parametrize("lock", [exclusive, waited_for])
def test_a_lock_is_free_after_its_block(lock: Lock, path: str) -> None:
    for _ in range(2):
        with lock(path):
            assert os.path.exists(path)


def test_an_exclusive_lock_says_which_process_holds_it(path: str) -> None:
    with exclusive(path), pytest.raises(LockHeldError) as caught, exclusive(path):
        pass
    assert caught.value.holder == str(os.getpid())


def test_a_lock_of_a_killed_process_is_free(path: str) -> None:
    command = [sys.executable, "-c", _HOLD, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockHeldError), exclusive(path):
            pass
        holder.send_signal(signal.SIGKILL)
    with exclusive(path):
        pass


def test_a_lock_that_another_thread_holds_is_waited_for(path: str) -> None:
    order: list[str] = []

    def second() -> None:
        with waited_for(path):
            order.append("second")

    thread = threading.Thread(target=second)
    with waited_for(path):
        thread.start()
        thread.join(timeout=0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


@pytest.mark.parametrize("lock", [exclusive, waited_for])
def test_a_lock_that_cannot_be_written_is_an_error(lock: Lock, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError), lock(str(tmp_path / "file/folder/.lock")):
        pass


def test_a_link_in_place_of_a_lock_is_not_written_through(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / ".lock").symlink_to(precious)
    with pytest.raises(OSError, match="symbolic links"), exclusive(str(tmp_path / ".lock")):
        pass
    assert precious.read_text() == "mine"
