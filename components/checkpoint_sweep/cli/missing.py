"""Tells that what a command is given is not there, before it loads TensorFlow for seconds."""

import os
from collections.abc import Mapping, Sequence

from checkpoint_sweep.cli import screen

# Of patterns, of `{run}`, and of addresses of other file systems: TensorFlow looks for these.
_NOT_PLAIN = ("*", "?", "[", "{", "\\", "@", "://")


def refuse_missing(given: Mapping[str, Sequence[str | None]]) -> None:
    """Ends the command if a local path is not there; what only TensorFlow can find passes.

    Args:
        given: Paths by the argument or option that names them; None where it was not given.
    """
    for option, paths in given.items():
        if path := next(filter(None, filter(_is_missing, paths)), None):
            screen.fail(
                f"There is no file or folder {path}, which {option} names. Name one that exists."
            )


def _is_missing(path: str | None) -> bool:
    if not path or any(sign in path for sign in _NOT_PLAIN):
        return False
    return not os.path.lexists(path)
