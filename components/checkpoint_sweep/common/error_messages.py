"""Finds what an error says to a user, wherever libraries have wrapped it."""

import re
from collections.abc import Iterator

from checkpoint_sweep.common.errors import SweepError, UserError

# What the machine refuses, as Python, TensorFlow and Beam say it.
_FULL = re.compile(
    "No space left on device|Disk quota exceeded|File too large|database or disk is full"
)
_DENIED = re.compile("Permission denied|Operation not permitted|Read-only file system")
_NO_FILE_SYSTEM = re.compile(r"File system scheme '\w+' not implemented \(file: '([^']*)'\)")
_NO_SERVER = re.compile(r"Error executing an HTTP request: (?:libcurl code \d+ meaning )?(.{1,80})")
_PATH = re.compile(r"(/[^;'\"]*?)(?:\.partial-\w+)?(?:[;:'\"]|$)")
_WHILE = re.compile(r" \[while running '[^']*'\]")

_LONGEST_NAME = 255  # bytes of a file's name
_LONGEST = 300  # characters of an error that is not ours
_TRACEBACK = "Traceback (most recent call last)"


def find_user_error(error: BaseException) -> UserError | None:
    """Finds the error, or its cause, that says itself what to do; None if there is none.

    The outermost of several: what is raised on catching another says more.
    """
    return next((e for e in _chain(error) if isinstance(e, UserError)), None)


def find_foreseen(error: BaseException) -> SweepError | None:
    """Finds an error that was raised on purpose, those of the user's first; None without one."""
    foreseen = (e for e in _chain(error) if isinstance(e, SweepError))
    return find_user_error(error) or next(foreseen, None)


def find_refusal(error: BaseException) -> str | None:
    """Says what the machine has refused: room on a disk, a permission, a file system.

    Args:
        error: Error that a command has ended with.

    Returns:
        A sentence; None if it is about something else, or says the reason in words of this library.
    """
    chain = list(_chain(error))
    ours = "\n".join(str(e) for e in chain if isinstance(e, SweepError))
    for cause in chain:
        if name := _not_text(cause):
            return (
                f"{name} is not UTF-8, as names and the values of slices have to be. Rename the "
                "file, or correct the data."
            )
    for cause in chain:
        text = str(cause)
        if _FULL.search(text) and not _FULL.search(ours):
            return "The disk is full, or a quota is reached. Free some space, and run again."
        if (found := _NO_FILE_SYSTEM.search(text)) and not _NO_FILE_SYSTEM.search(ours):
            return (
                f"TensorFlow has no file system for {found[1]}. Install tensorflow-io, or copy the "
                "files to a local folder."
            )
        if (found := _NO_SERVER.search(text)) and not _NO_SERVER.search(ours):
            return (
                f"A remote file cannot be reached: {found[1].partition(',')[0]}. Check its address "
                "and the network, or copy the files to a local folder."
            )
        if _DENIED.search(text) and not _DENIED.search(ours):
            named = cause.filename if isinstance(cause, OSError) else None
            path = named or next(iter(_PATH.findall(text)), "Something")
            return (
                f"{path} may not be read or written: permission denied. Ask for the permission, "
                "or name another path."
            )
    return None


def remedy(reason: object, otherwise: str) -> str:
    """Says what to do about what cannot be read: ask for a permission that is missing, or else.

    Args:
        reason: Why it cannot be read.
        otherwise: Advice where no permission is missing.
    """
    return "Ask for the permission to read it." if _DENIED.search(str(reason)) else otherwise


def _not_text(error: BaseException) -> str | None:
    """Shows the name that an error says to be no text; None if it is about something else."""
    if isinstance(error, UnicodeEncodeError) and error.encoding == "utf-8":
        return error.object
    if isinstance(error, UnicodeDecodeError) and len(error.object) <= _LONGEST_NAME:
        return repr(error.object)[2:-1]
    return None


def telling_line(error: BaseException | str) -> str:
    """Finds the line of an error that says most, short enough to read."""
    text = str(error).strip()
    lines = [line for line in text.splitlines() if line.strip()]
    if _TRACEBACK in text:
        # Beam raises the traceback of a worker as a message: its last line is the error.
        line = next(line for line in reversed(lines) if not line.startswith(" "))
    else:
        line = lines[0] if lines else ""
    if isinstance(error, BaseException) and _TRACEBACK not in text:
        line = f"{type(error).__name__}: {line}" if line else type(error).__name__
    line = _WHILE.sub("", line).strip()
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 1] + "…"
    return line.rstrip(".")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo = [error]
    while todo:
        current = todo.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        todo += [e for e in (current.__cause__, current.__context__) if e is not None]
