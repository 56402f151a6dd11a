"""The folder that sweeps of one model run share: a numbered folder for each."""

import contextlib
import os
from collections.abc import Iterator

from checkpoint_sweep.common import locks
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.report.document import VERDICTS_JSON

SWEEP, WATCH = "sweep", "watch"  # which may go on in a folder, one of each


class FolderError(UserError):
    """The folder of sweeps cannot be used; the message says why."""


class BusyError(FolderError):
    """Another process uses the folder; the message says what to do."""


def of_run(run: str, output: str | None) -> str:
    """Returns the absolute folder for the sweeps of a run: the named one, or one beside the run."""
    return os.path.abspath(output or f"{run.rstrip('/')}-sweep")


@contextlib.contextmanager
def locked(folder: str, what: str = SWEEP) -> Iterator[None]:
    """Locks a local folder, which is made if need be, until the block or the process ends.

    Args:
        folder: Folder to lock.
        what: What is to go on there, SWEEP or WATCH; another such is refused meanwhile.

    Raises:
        BusyError: Another process holds it.
        FolderError: Nothing can be written there.
    """
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locks.exclusive(os.path.join(folder, f".{what}.lock")))
        except (locks.LockHeldError, locks.NoLocksError) as error:
            raise BusyError(
                f"Another {what} is going on in {folder}. Wait for its end, or name another folder."
            ) from error
        except OSError as error:
            raise FolderError(
                f"Nothing can be written to {folder}: {error.strerror}. Name another folder."
            ) from error
        yield


def numbers(folder: str) -> list[int]:
    """Lists the numbers of the sweeps in a folder, in order, also of those that have not ended."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(int(name) for name in names if name.isdigit())


def path(folder: str, number: int) -> str:
    """Returns the folder of a sweep."""
    return os.path.join(folder, f"{number:04d}")


def latest(folder: str) -> str:
    """Finds the folder of the last sweep that has ended.

    Raises:
        FolderError: There is none.
    """
    for number in reversed(numbers(folder)):
        if os.path.exists(os.path.join(path(folder, number), VERDICTS_JSON)):
            return path(folder, number)
    if os.path.exists(os.path.join(folder, VERDICTS_JSON)):
        return folder
    raise FolderError(f"There is no finished sweep in {folder}. Name the folder of one.")
