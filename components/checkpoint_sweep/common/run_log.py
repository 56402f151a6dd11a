"""The log of a run: everything that was said, and the whole of what went wrong."""

import contextlib
import logging
import os
import sys
import threading
from pathlib import Path

from checkpoint_sweep.common.secrets import masked
from checkpoint_sweep.common.text import printable_lines

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_STDERR = 2


class _Lines(logging.Formatter):
    """Lines that can be shown on a terminal, and to others."""

    def format(self, record: logging.LogRecord) -> str:
        return printable_lines(masked(super().format(record)))


class RunLog:
    """A log file for its user alone, made when there is something to write.

    Attributes:
        path: Name of the file.
        handler: Handler that writes log records to it.

    Args:
        path: Name of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handler = logging.FileHandler(path, encoding="utf-8", delay=True)
        self.handler.setFormatter(_Lines(_FORMAT))
        self._terminal: int | None = None

    def begin(self) -> None:
        """Takes what nobody catches, and all that is written to stderr, also by other processes.

        Beam's workers may be such, and what they are written in may be C++.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        logging.raiseExceptions = False  # a log that cannot be written is no matter of its own
        sys.stderr.flush()
        self._terminal = os.dup(_STDERR)
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, _STDERR)
        os.close(file)

        def write(args: threading.ExceptHookArgs) -> None:
            self.write(f"{args.thread.name if args.thread else 'A thread'} ended", args.exc_value)

        threading.excepthook = write
        sys.unraisablehook = lambda args: self.write(f"In {args.object!r}", args.exc_value)

    def end(self) -> None:
        """Gives stderr back; processes that have it from here keep writing to the log."""
        if self._terminal is not None:
            sys.stderr.flush()
            os.dup2(self._terminal, _STDERR)
            os.close(self._terminal)
            self._terminal = None

    def write(self, message: str, error: BaseException | None) -> None:
        """Writes a message, and the traceback of an error; nothing where nothing can be written."""
        trace = (type(error), error, error.__traceback__) if error else None
        record = logging.LogRecord(__name__, logging.ERROR, __file__, 0, message, None, trace)
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.handler.handle(record)
