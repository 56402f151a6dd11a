"""Names of the runs of a sweep: what tells their paths apart. Pure functions."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from checkpoint_sweep.common.errors import UserError

# What is neither a pattern nor leads out of a folder.
_UNSAFE = re.compile(r"[^\w.=+-]")


class RunsError(UserError):
    """The runs of a sweep do not fit together; the message says why."""


def name_runs(directories: Sequence[str]) -> list[str]:
    """Names runs by the parts of their paths that tell them apart.

    One part is enough where it differs in all of them, and one that is no number comes first: TFX
    names folders by the number of an execution.

    >>> name_runs(["runs/seed-0/model_run", "runs/seed-1/model_run"])
    ['seed-0', 'seed-1']
    >>> name_runs(["runs/a/0", "runs/a/1", "runs/b/0"])
    ['a/0', 'a/1', 'b/0']

    Args:
        directories: Absolute paths or URIs, or relative ones, of two runs or more.

    Raises:
        RunsError: Two are the same.
    """
    given = [directory.rstrip("/") for directory in directories]
    if doubled := next((path for path in given if given.count(path) > 1), None):
        raise RunsError(f"The run {doubled} is there twice. Name each once.")
    paths = [list(PurePosixPath(path).parts) for path in given]
    while all(path[:-1] for path in paths) and len({path[-1] for path in paths}) == 1:
        paths = [path[:-1] for path in paths]
    while all(path[1:] for path in paths) and len({path[0] for path in paths}) == 1:
        paths = [path[1:] for path in paths]
    if len({len(path) for path in paths}) == 1:
        columns = [list(column) for column in zip(*paths, strict=True)]
        columns = [column for column in columns if len(set(column)) > 1]
        telling = [column for column in columns if len(set(column)) == len(column)]
        words = [column for column in telling if not all(part.isdecimal() for part in column)]
        columns = [*words, *telling][:1] or columns
        paths = [list(path) for path in zip(*columns, strict=True)]
    names = ["/".join(path) for path in paths]
    # As folders they have to differ too, also where a system does not tell small letters.
    if len({file_name(name).casefold() for name in names}) < len(names):
        return [f"{number}/{name}" for number, name in enumerate(names, 1)]
    return names


def file_name(run: str) -> str:
    """Returns the name of a run as part of the name of a folder.

    >>> file_name("lr=0.1/seed 0")
    'lr=0.1-seed_0'

    Args:
        run: Name of the run.
    """
    return _UNSAFE.sub("_", run.replace("/", "-")).lstrip(".") or "_"
