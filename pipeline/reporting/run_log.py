"""The log of a run: everything that was said, and the whole of what went wrong."""

import logging
import sys
import threading
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class RunLog:
    """A log file, made when there is something to write.

    Attributes:
        path: of the file.
        handler: writes log records to it.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handler = logging.FileHandler(path, encoding="utf-8", delay=True)
        self.handler.setFormatter(logging.Formatter(_FORMAT))

    def begin(self) -> None:
        """Makes the folder; from now on, what nobody catches goes here and not on the screen."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        logging.raiseExceptions = False  # a log that cannot be written is no matter of its own

        def write(args: threading.ExceptHookArgs) -> None:
            self.write(f"{args.thread.name if args.thread else 'A thread'} ended", args.exc_value)

        threading.excepthook = write
        sys.unraisablehook = lambda args: self.write(f"In {args.object!r}", args.exc_value)

    def write(self, message: str, error: BaseException | None) -> None:
        """Writes a message, and the traceback of an error."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        trace = (type(error), error, error.__traceback__) if error else None
        record = logging.LogRecord(__name__, logging.ERROR, __file__, 0, message, None, trace)
        self.handler.handle(record)
