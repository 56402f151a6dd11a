"""What went wrong, in one sentence."""

from collections.abc import Iterator
from pathlib import Path

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.text import some

_LISTED = 10  # anomalies
_LONGEST = 300  # characters of an error that is not ours
_TRACEBACK = "Traceback (most recent call last)"


def find_user_error(error: BaseException) -> UserError | None:
    """Finds the error, or its cause, that says itself what to do; None if there is none.

    The outermost of several: what is raised on catching another says more.
    """
    return next((e for e in _chain(error) if isinstance(e, UserError)), None)


def unforeseen(node: str, error: BaseException | str, log: Path) -> str:
    """Words a sentence on a node that failed for a reason that nobody foresaw.

    Args:
        node: Id of the node; empty when none had begun.
        error: What it raised, or what was noted of that.
        log: Log with the whole of it.
    """
    what = f"{node} failed" if node else "The run failed before its first node"
    said = f": {line}" if (line := _line(error)) else ""
    return f"{what}{said}. The whole error is in {log}."


def anomalous_data(node: str, anomalies: list[str], folder: Path, schema: Path) -> str:
    """Words a sentence, and a list, on a node that failed on data that depart from the schema."""
    listed = some(anomalies, _LISTED, separator="\n  ")
    return (
        f"{node} failed, and the data depart from the schema {schema}:\n  {listed}\n"
        f"Correct the data in {folder}, or the schema."
    )


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


def _line(error: BaseException | str) -> str:
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
