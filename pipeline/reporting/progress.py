"""Shows on the terminal which node runs, for how long, and what it says."""

import logging
import time

from rich.console import Console
from rich.status import Status

_RUNNING = "Component %s is running."
_FINISHED = "Component %s is finished."
_CACHED = "A cached execution %d is used."
_SKIPPED = "Skipping execution for %s"
_NOT_RUN = " (skipped)"
_TRACEBACK = "Traceback (most recent call last)"


class Progress(logging.Handler):
    """A log handler: TFX's runner announces each node by a log message.

    Attributes:
        node: id of the node that runs, or ran last.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(logging.INFO)
        self._console = console
        self._status: Status | None = None
        self.node, self._started, self._note = "", 0.0, ""

    @staticmethod
    def announces(record: logging.LogRecord) -> bool:
        """Whether the record is one of the runner's announcements."""
        return record.msg in (_RUNNING, _FINISHED, _CACHED, _SKIPPED)

    def emit(self, record: logging.LogRecord) -> None:
        """Prints a record, or turns it into the state of the current node."""
        if record.msg == _RUNNING:
            self._begin(str(record.args[0]))  # type: ignore[index]
        elif record.msg == _FINISHED:
            self._end()
        elif record.msg == _CACHED:
            self._note = " (cached)"
        elif record.msg == _SKIPPED:
            self._note = _NOT_RUN
        elif record.levelno >= logging.WARNING:
            self._console.print(f"  [yellow]{record.levelname.lower()}[/] {_text(record)}")
        else:
            self._console.print(f"  [dim]{_text(record)}[/]", highlight=False)

    def fail(self) -> None:
        """Marks the node that ran last as failed, if there was one."""
        self.stop()
        if self.node:
            seconds = time.monotonic() - self._started
            self._console.print(f"[red]✗[/] {self.node} [dim]{seconds:.1f} s[/]")

    def stop(self) -> None:
        """Takes the running line off the screen."""
        if self._status:
            self._status.stop()
            self._status = None

    def _begin(self, node: str) -> None:
        self.node, self._started, self._note = node, time.monotonic(), ""
        if self._console.is_terminal:
            self._status = self._console.status(f"[bold]{node}[/] is running")
            self._status.start()
        else:
            self._console.print(f"{node} ...", highlight=False)

    def _end(self) -> None:
        self.stop()
        seconds = time.monotonic() - self._started
        mark = "[yellow]–[/]" if self._note == _NOT_RUN else "[green]✓[/]"
        self._console.print(f"{mark} {self.node}{self._note} [dim]{seconds:.1f} s[/]")


def _text(record: logging.LogRecord) -> str:
    """The message up to a traceback in it, which the log has."""
    return record.getMessage().partition(_TRACEBACK)[0].strip().replace("[", r"\[")
