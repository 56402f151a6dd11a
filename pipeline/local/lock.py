"""Keeps a root to one run at a time."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from checkpoint_sweep.common import locks
from checkpoint_sweep.common.errors import UserError

_FILE = ".lock"


class RootError(UserError):
    """A run cannot have its root; the message says why."""


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds the root, which is made if need be, until the block or the process ends.

    Raises:
        RootError: Another process holds it, or nothing can be written there.
    """
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locks.exclusive(str(root / _FILE)))
        except locks.LockHeldError as error:
            raise RootError(
                f"Another run, process {error.holder}, is going on in {root}. Wait for its end, or "
                "name another folder by --root."
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
