"""Locks by which processes share a folder of a local disk.

A lock is a file, held until the block or the process ends: the kernel releases the locks of a
process that was killed. Two threads of a process exclude each other too.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from typing import IO

from checkpoint_sweep.common.errors import SweepError


class LockHeldError(SweepError):
    """Another holds the lock.

    Attributes:
        holder: Id of the process that holds it, or "unknown".
    """

    def __init__(self, path: str, holder: str) -> None:
        super().__init__(f"Process {holder} holds {path}.")
        self.holder = holder


class NoLocksError(SweepError):
    """The file system has no locks; the cause says why."""


@contextlib.contextmanager
def exclusive(path: str) -> Iterator[None]:
    """Holds a lock, or says at once who holds it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, exclusive(f"{folder}/.lock"):
    ...     with exclusive(f"{folder}/.lock"):  # doctest: +ELLIPSIS
    ...         pass
    Traceback (most recent call last):
    checkpoint_sweep.common.locks.LockHeldError: Process ... holds ...

    Args:
        path: File of the lock, whose folder is made if need be. The holder writes its id into it.

    Raises:
        LockHeldError: Another holds it.
        NoLocksError: The file system has no locks.
        OSError: The file cannot be written.
    """
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise LockHeldError(path, file.read().strip() or "unknown") from error
        except OSError as error:
            raise NoLocksError(path) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextlib.contextmanager
def waited_for(path: str) -> Iterator[None]:
    """Holds a lock, however long another holds it before.

    Args:
        path: File of the lock, whose folder is made if need be.

    Raises:
        OSError: The file cannot be written or locked.
    """
    with _opened(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _opened(path: str) -> IO[str]:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    # A link is not followed: the holder's id would be written over what it leads to.
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o644)
    return os.fdopen(number, "a+")
