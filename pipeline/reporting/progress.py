"""Shows on the terminal which node runs, for how long, and what it says."""

import logging
import re
import time
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.text import Text

from checkpoint_sweep.common.progress import Amount

_RUNNING = "Component %s is running."
_FINISHED = "Component %s is finished."
_CACHED = "A cached execution %d is used."
_SKIPPED = "Skipping execution for %s"
_NOT_RUN = " (skipped)"
_TRACEBACK = "Traceback (most recent call last)"
# How far a node is, in what the trainers and the sweep say.
_AMOUNT = re.compile(r"^(?:checkpoint|.*\bstep) (\d+) of (\d+)\b")
_CHECKPOINT = "checkpoint "
_OF_PREDICTIONS = " (predictions)"
# A part of the whole that is worth a line where lines stay.
_SHARE = 20
# The sweep's outcome, which the summary tells.
_OUTCOME = re.compile(r"^(NOT )?BLESSED\b")
# A line that ends in a path, which a break would spoil.
_REPORT = "The report: "
_EXPORTING = "exporting the model"


class RunningLine:
    """The line on the node that runs; the terminal draws it again and again, with the time so far.

    Attributes:
        what: What the node does, in markup.

    Args:
        node: Name of the node, and which of how many it is, in markup.
        started: Time at which it began, of the monotonic clock.
    """

    def __init__(self, node: str, started: float) -> None:
        self._node, self._started, self.what = node, started, "is running"

    def __rich__(self) -> Text:
        """Renders the line."""
        so_far = _minutes(time.monotonic() - self._started)
        return Text.from_markup(f"{self._node} {self.what} [dim]· {so_far}[/]")


class Progress(logging.Handler):
    """A log handler: TFX's runner announces each node by a log message.

    Attributes:
        node: Id of the node that runs, or ran last.
        nodes: Number of nodes that the run has; 0 where it is not known.
        line: Line on the node that runs; None where there is none, or no terminal.

    Args:
        console: Console to print on.
        when_begun: Called when a node has been announced, before it runs.
    """

    def __init__(self, console: Console, when_begun: Callable[[], None] | None = None) -> None:
        super().__init__(logging.INFO)
        self._when_begun = when_begun
        self._console = console
        self._status: Status | None = None
        self.line: RunningLine | None = None
        self.nodes, self._begun = 0, 0
        self.node, self._started, self._note = "", 0.0, ""
        self._first: tuple[float, int] | None = None
        self._shown = -1

    @staticmethod
    def announces(record: logging.LogRecord) -> bool:
        """Returns whether the record is one of the runner's announcements."""
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
        elif found := _AMOUNT.match(record.getMessage()):
            self._advance(int(found[1]), int(found[2]), record)
        elif not _OUTCOME.match(record.getMessage()):
            whole = record.getMessage().startswith(_REPORT)
            self._console.print(f"  [dim]{_text(record)}[/]", highlight=False, soft_wrap=whole)

    def _advance(self, done: int, whole: int, record: logging.LogRecord) -> None:
        """Moves the running line on; where there is none, prints a line for every twentieth."""
        if self.line:
            if record.getMessage().startswith(_CHECKPOINT):
                return  # How many predictions are made says more.
            how_far = self._how_far(done, whole)
            self.line.what = f"{how_far}, {_EXPORTING}" if done >= whole else how_far
        elif done * _SHARE // max(whole, 1) != self._shown or done == whole:
            self._shown = done * _SHARE // max(whole, 1)
            self._console.print(f"  [dim]{_text(record)}[/]", highlight=False)

    def evaluated(self, far: Amount) -> None:
        """Moves the running line on by predictions, or names the phase, where there is a line."""
        if self.line is None or not (far.done or far.phase):
            return
        if far.phase:
            self.line.what = escape(far.phase)
            return
        self.line.what = f"{self._how_far(far.done, far.whole)}{_OF_PREDICTIONS}"

    def _how_far(self, done: int, whole: int | None) -> str:
        now = time.monotonic()
        self._first = self._first or (now, done)
        then, before = self._first
        return f"{done:,}" if whole is None else amount(done, whole, done - before, now - then)

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
            self._status = self.line = None

    def _begin(self, node: str) -> None:
        self.node, self._started, self._note = node, time.monotonic(), ""
        self._first, self._shown = None, -1
        self._begun += 1
        which = f" ({self._begun} of {self.nodes})" if self.nodes else ""
        if self._console.is_terminal:
            self.line = RunningLine(f"[bold]{node}[/]{which}", self._started)
            self._status = self._console.status(self.line)
            self._status.start()
        else:
            self._console.print(f"{node} ...{which}", highlight=False)
        if self._when_begun is not None:
            self._when_begun()

    def _end(self) -> None:
        self.stop()
        seconds = time.monotonic() - self._started
        mark = "[yellow]–[/]" if self._note == _NOT_RUN else "[green]✓[/]"
        self._console.print(f"{mark} {self.node}{self._note} [dim]{seconds:.1f} s[/]")


def amount(done: int, whole: int, since: int, seconds: float) -> str:
    """Says how far something is, how fast it goes, and how long it will take.

    Args:
        done: How much of it is done.
        whole: How much there is to do.
        since: How much of that was done in the last `seconds`.
        seconds: Time in which the rate is measured.
    """
    text = f"{done:,} of {whole:,}"
    if since <= 0 or seconds <= 0 or done >= whole:
        return text
    rate = since / seconds
    return f"{text}, {_rate(rate)} a second, {_minutes((whole - done) / rate)} left"


def _minutes(seconds: float) -> str:
    """Formats a time in minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


def _rate(rate: float) -> str:
    """Formats three digits of a number, or all before the point."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def _text(record: logging.LogRecord) -> str:
    """Cuts a message at a traceback in it, which the log has."""
    return escape(record.getMessage().partition(_TRACEBACK)[0].strip())
