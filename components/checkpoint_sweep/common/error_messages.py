"""Finds what an error says to a user, wherever libraries have wrapped it."""

from collections.abc import Iterator

from checkpoint_sweep.common.errors import SweepError, UserError

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
    line = line.strip()
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
