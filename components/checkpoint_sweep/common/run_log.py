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
_MODE = 0o600


class _Lines(logging.Formatter):
    """Lines that can be shown on a terminal, and to others."""

    def format(self, record: logging.LogRecord) -> str:
        return _shown(super().format(record))


def _shown(text: str) -> str:
    return printable_lines(masked(text))


def _open_for_user(path: str, flags: int) -> int:
    return os.open(path, flags, _MODE)


class RunLog:
    """A log file for its user alone, made when there is something to write.

    Log records are masked as they are written. What others write to stderr goes to the file as it
    is, so that a process that crashes loses none of it, and is masked when the log ends.

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
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _MODE)
        os.dup2(file, _STDERR)
        os.close(file)

        def write(args: threading.ExceptHookArgs) -> None:
            self.write(f"{args.thread.name if args.thread else 'A thread'} ended", args.exc_value)

        threading.excepthook = write
        sys.unraisablehook = lambda args: self.write(f"In {args.object!r}", args.exc_value)

    def end(self) -> None:
        """Gives stderr back, and masks the log; what other processes still write to it is lost."""
        if self._terminal is not None:
            sys.stderr.flush()
            os.dup2(self._terminal, _STDERR)
            os.close(self._terminal)
            self._terminal = None
            with contextlib.suppress(OSError):  # as on a full disk
                self._mask()

    def keep(self, path: Path) -> None:
        """Masks the log under another name; stderr, which is lost from here on, is not given back.

        Raises:
            OSError: The log cannot be written.
        """
        self._mask()
        self.path.rename(path)

    def _mask(self) -> None:
        """Writes the file again, with masked lines."""
        self.handler.acquire()
        masked_path = self.path.with_name(f"{self.path.name}.masked")
        try:
            self.handler.close()  # It opens the file again when there is more to write.
            with (
                open(self.path, encoding="utf-8", errors="backslashreplace", newline="\n") as lines,
                open(masked_path, "w", encoding="utf-8", opener=_open_for_user) as file,
            ):
                file.writelines(f"{_shown(line.rstrip(chr(10)))}\n" for line in lines)
            masked_path.replace(self.path)
        finally:
            masked_path.unlink(missing_ok=True)
            self.handler.release()

    def write(self, message: str, error: BaseException | None) -> None:
        """Writes a message, and the traceback of an error; nothing where nothing can be written."""
        trace = (type(error), error, error.__traceback__) if error else None
        record = logging.LogRecord(__name__, logging.ERROR, __file__, 0, message, None, trace)
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.handler.handle(record)
