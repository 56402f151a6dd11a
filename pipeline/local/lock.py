"""Keeps a root to one run at a time."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from checkpoint_sweep.common import locks, ownership
from checkpoint_sweep.common.errors import UserError
from pipeline.config import metadata_store

_FILE = ".lock"
_ROOT = "root of pipeline runs"


class RootError(UserError):
    """A run cannot have its root; the message says why."""


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds the root, which is made if need be, until the block or the process ends.

    Raises:
        RootError: Another process holds it, something else is in it, its metadata store is gone,
            or nothing can be written there.
    """
    with contextlib.ExitStack() as held:
        try:
            _claim(root)
            held.enter_context(locks.exclusive(str(root / _FILE)))
        except locks.LockHeldError as error:
            raise RootError(
                f"Another run, process {error.holder}, is working in {root}. Wait until it ends, "
                "or name another folder by --root."
            ) from error
        except locks.NoLocksError as error:
            reason = getattr(error.__cause__, "strerror", None)
            raise RootError(
                f"{root} cannot be locked: {reason}. Name a folder on a local disk by --root."
            ) from error
        except OSError as error:
            raise RootError(
                f"Nothing can be written to {root}: {error.strerror}. Name another folder by "
                "--root."
            ) from error
        yield


def _claim(root: Path) -> None:
    """Takes a root that is new, empty or of earlier runs, which have a metadata store."""
    store = metadata_store(root)
    if store.is_file():
        if not os.access(store, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(store))
        return
    if next(root.glob("*/.system"), None) is not None:  # TFX makes it, for its executions.
        raise RootError(
            f"{root} has artifacts of earlier runs, and their metadata store "
            f"{store} is gone: a run would number its artifacts from 1 again, and "
            "write over them. Restore the store, or name another folder by --root."
        )
    refusal = RootError(
        f"{root} is not empty, and was not made by a run: a run removes the leftovers of killed "
        "runs in its root. Name another folder by --root."
    )
    ownership.claim(str(root), _ROOT, refusal)
