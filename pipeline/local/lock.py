"""Keeps a root to one run at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from checkpoint_sweep.common.errors import UserError

_FILE = ".lock"


class RootError(UserError):
    """A run cannot have its root; the message says why."""


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds the root, which is made if need be, until the block or the process ends.

    The kernel releases the lock of a process that was killed.

    Raises:
        RootError: another process holds it, or nothing can be written there.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        file = (root / _FILE).open("a+")
    except OSError as error:
        raise RootError(
            f"Nothing can be written to {root}: {error.strerror}. Name another folder by --root."
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise RootError(
                f"Another run, process {holder}, is going on in {root}. Wait for its end, or name "
                "another folder by --root."
            ) from error
        except OSError as error:
            raise RootError(
                f"{root} cannot be locked: {error.strerror}. Name a folder on a local disk by "
                "--root."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
