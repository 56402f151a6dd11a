"""The folder that sweeps of one model run share: a numbered folder for each."""

import contextlib
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence

from absl import logging

from checkpoint_sweep.common import locks, ownership
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import PARTIAL, special_file
from checkpoint_sweep.common.json_safe import OTHER_FORM
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.report import sweep_result
from checkpoint_sweep.report.document import VERDICTS_JSON
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts

SWEEP, WATCH = "sweep", "watch"  # which may go on in a folder, one of each
LATEST = "latest"
EXAMPLES = "examples"  # which were tables
_OUTPUT = "output of sweeps"
_NOT_ITSELF = frozenset("[\\")
_NUMBER = re.compile("[0-9]{4,9}")


class FolderError(UserError):
    """The folder of sweeps cannot be used; the message says why."""


class BusyError(FolderError):
    """Another process uses the folder; the message says what to do."""


def of_run(run: str, output: str | None) -> str:
    """Returns the absolute folder for the sweeps of a run: the named one, or one beside the run.

    Raises:
        FolderError: It is not on a local disk.
    """
    if "://" in (output or run):
        raise FolderError(
            f"A sweep writes its results to a local folder, and {output or run} is not local. Name "
            "one by ",
            Words("output", "--output"),
            ".",
        )
    return os.path.abspath(output) if output else f"{os.path.abspath(run)}-sweep"


def of_runs(runs: Sequence[str], output: str | None) -> str:
    """Returns the folder for the sweeps of several runs: the named one, or one beside all of them.

    Args:
        runs: Folders of the runs; of a single one as `of_run`.
        output: Folder that is named; None for none.

    Raises:
        FolderError: It is not on a local disk, or the runs have no folder in common.
    """
    if len(runs) < 2 or output or any("://" in run for run in runs):
        return of_run(next((run for run in runs if "://" in run), "".join(runs[:1])), output)
    common = os.path.commonpath(list(map(os.path.abspath, runs)))
    if common == os.path.sep:
        raise FolderError(
            "The runs have no folder in common, beside which results could be. Name one by ",
            Words("output", "--output"),
            ".",
        )
    return f"{common}-sweep"


def check_names(paths: Iterable[str | None]) -> None:
    """Checks that TensorFlow can read checkpoints below these paths; None is ignored.

    Its readers of checkpoints look for the name of an index as for a pattern.

    Raises:
        FolderError: One has a character that stands for others in a pattern, and not for itself.
    """
    for path in paths:
        if path is not None and _NOT_ITSELF & set(path if "://" in path else os.path.abspath(path)):
            raise FolderError(
                f"TensorFlow cannot read checkpoints below {path}: it takes [ and \\ for parts of "
                "a pattern. Rename the folder, or name a link to it."
            )


def check_apart(output: str, inputs: Iterable[str]) -> None:
    """Checks that an output lies in none of the folders that a sweep reads whole.

    Raises:
        FolderError: It lies in one.
    """
    real = f"{os.path.realpath(output)}/"
    for given in inputs:
        if "://" not in given and real.startswith(f"{os.path.realpath(given)}/"):
            raise FolderError(
                f"The output {output} is inside {given}, which the sweep reads. Name a folder "
                "outside of it."
            )


def claim(folder: str) -> None:
    """Makes the folder that sweeps share, or takes one that is empty or was made by this library.

    Raises:
        FolderError: Something else is in it, or nothing can be written there.
    """
    refusal = FolderError(
        f"{folder} is not empty, and was not made by a sweep: nothing is written to it. Name "
        "another output."
    )
    try:
        ownership.claim(folder, _OUTPUT, refusal)
    except OSError as error:
        raise FolderError(
            f"Nothing can be written to {folder}: {error.strerror}. Name another folder."
        ) from error


def is_output(folder: str) -> bool:
    """Tells whether a folder is one that sweeps share."""
    return ownership.is_ours(os.path.realpath(folder), _OUTPUT)


@contextlib.contextmanager
def locked(folder: str, what: str = SWEEP) -> Iterator[None]:
    """Locks a local folder, which is made if need be, until the block or the process ends.

    Args:
        folder: Folder to lock.
        what: Kind of work, SWEEP or WATCH; another of the same kind is refused meanwhile.

    Raises:
        BusyError: Another process holds it.
        FolderError: Something else is in it, or nothing can be written there.
    """
    claim(folder)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locks.exclusive(os.path.join(folder, f".{what}.lock")))
        except (locks.LockHeldError, locks.NoLocksError) as error:
            raise BusyError(
                f"Another {what} is running in {folder}. Wait until it ends, or name another "
                "folder."
            ) from error
        except OSError as error:
            raise FolderError(
                f"Nothing can be written to {folder}: {error.strerror}. Name another folder."
            ) from error
        yield


def numbers(folder: str) -> list[int]:
    """Lists the numbers of the sweeps in a folder, in order, also of those that have not ended."""
    return [number for number in _numbers(folder) if ownership.is_ours(*_sweep(folder, number))]


def make_next(folder: str) -> str:
    """Makes the folder of the next sweep, marked from its first moment."""
    number = max(_numbers(folder), default=0) + 1
    made, mark = _sweep(folder, number)
    aside = f"{made}{PARTIAL}new"  # One name: what a killed process has left is taken up.
    ownership.mark(aside, mark)
    os.rename(aside, made)
    return made


def remove(folder: str, number: int) -> None:
    """Removes the folder of a sweep, if it can be, and if it is one."""
    with contextlib.suppress(OSError):
        ownership.remove(*_sweep(folder, number))


def path(folder: str, number: int) -> str:
    """Returns the folder of a sweep."""
    return os.path.join(folder, f"{number:04d}")


def number_of(directory: str) -> int:
    """Returns the number of the folder of a sweep."""
    return int(os.path.basename(directory))


def point_latest(folder: str, directory: str) -> None:
    """Has the link `latest` lead to a sweep; where there can be none, a warning says so.

    Args:
        folder: Folder that sweeps share.
        directory: Folder of the sweep in it.
    """
    link = os.path.join(folder, LATEST)
    if os.path.lexists(link) and not os.path.islink(link):
        logging.warning("%s is not a link, and stays: the results are in %s.", link, directory)
        return
    scratch = f"{link}{PARTIAL}{uuid.uuid4().hex}"
    try:
        os.symlink(os.path.basename(directory), scratch)
        os.replace(scratch, link)
    except OSError as error:
        logging.warning(
            "The link %s cannot be made (%s): the results are in %s.",
            link,
            error.strerror,
            directory,
        )


def by_latest(directory: str) -> str:
    """Returns the path of a sweep by the link `latest`, if that leads to it; else as it is."""
    link = os.path.join(os.path.dirname(directory), LATEST)
    return link if os.path.realpath(link) == os.path.realpath(directory) else directory


def latest(folder: str) -> str:
    """Finds the folder of the last sweep that has ended.

    Raises:
        FolderError: There is none.
    """
    for number in reversed(_numbers(folder)):
        if os.path.exists(os.path.join(path(folder, number), VERDICTS_JSON)):
            return path(folder, number)
    if os.path.exists(os.path.join(folder, VERDICTS_JSON)):
        return folder
    raise FolderError(f"There is no finished sweep in {folder}. Name the folder of one.")


def parts(given: str) -> tuple[str, str | None]:
    """Splits an argument into the folder of a sweep, and which of its candidates.

    >>> parts("run-sweep:600"), parts("run-sweep")
    (('run-sweep', '600'), ('run-sweep', None))

    Args:
        given: FOLDER, FOLDER:STEP, or FOLDER:RUN:STEP of a sweep of several runs.
    """
    if os.path.isdir(given) or ":" not in given:
        return given, None
    splits = [(given[:at], given[at + 1 :]) for at, sign in enumerate(given) if sign == ":"]
    # Of several runs, a candidate is named by run and step: FOLDER:RUN:STEP.
    return next((parts for parts in splits if os.path.isdir(parts[0])), splits[-1])


def read_verdicts(directory: str) -> SweepVerdicts:
    """Reads the verdicts of a finished sweep.

    Args:
        directory: Folder of the sweep.

    Raises:
        FolderError: They cannot be read.
    """
    if special_file([os.path.join(directory, VERDICTS_JSON)]):
        raise damaged(directory)
    try:
        found = sweep_result.read_verdicts(directory)
        _ = str(found.selection.metric_name)  # Names are text.
        return found
    except UnicodeDecodeError:
        pass  # As a cause it would be taken for a name that is no text.
    except (*OTHER_FORM, OSError) as error:
        raise damaged(directory) from error
    raise damaged(directory)


def damaged(directory: str) -> FolderError:
    """Makes the error that the verdicts of a sweep cannot be read."""
    path = os.path.join(directory, VERDICTS_JSON)
    return FolderError(f"{path} is damaged or cannot be read. Sweep again.")


def _numbers(folder: str) -> list[int]:
    """Lists the numbers that are names in a folder, in order, whoever made what has them."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(int(name) for name in names if _NUMBER.fullmatch(name))


def _sweep(folder: str, number: int) -> tuple[str, str]:
    """Returns the folder of a sweep, and the words of its mark."""
    return path(folder, number), f"sweep {number:04d}"
