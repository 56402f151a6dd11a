"""The terminal's output while checkpoints are evaluated."""

import contextlib
import logging
import sys
from collections.abc import Iterator

from absl import logging as absl_logging
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from checkpoint_sweep.cli import screen
from checkpoint_sweep.common.console import Screen
from checkpoint_sweep.common.progress import Amount, listening
from checkpoint_sweep.common.text import wrapped


class _Left(ProgressColumn):
    """The column of predictions done, their rate, and the time left."""

    def render(self, task: Task) -> Text:
        """Renders the numbers of a task."""
        if not task.fields["counts"]:
            return Text()
        whole = "" if task.total is None else f" of {task.total:,.0f}"
        text = f"{task.completed:,.0f}{whole} predictions"
        if task.speed:
            text += f", {task.speed:,.0f} a second"
        if task.time_remaining is not None:
            minutes, seconds = divmod(round(task.time_remaining), 60)
            text += f", {minutes}:{seconds:02d} left"
        return Text(text)


class _Lines(logging.Handler):
    """Log records as lines above the bar; a warning that each sweep of `watch` gives is one."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._warned: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Prints one."""
        text = self.format(record)
        warning = record.levelno >= logging.WARNING
        if warning and text in self._warned:
            return
        self._warned |= {text} if warning else set()
        text = escape(wrapped(text, self._console.width))
        text = f"[yellow]{text}[/]" if warning else f"[dim]{text}[/]"
        self._console.print(text, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def shown(console: Console | None = None) -> Iterator[None]:
    """Shows a bar while something is evaluated in the block, where that is a terminal.

    Args:
        console: Console to draw on; stderr if None.
    """
    console = console or Screen(file=screen.stderr())
    if not console.is_terminal:
        yield
        return
    bar = Progress(
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=None, table_column=Column(ratio=1)),
        _Left(table_column=Column(no_wrap=True)),
        console=console,
        transient=True,
        expand=True,
        redirect_stdout=sys.stdout.isatty(),
        speed_estimate_period=60,
    )
    task = bar.add_task("evaluating", total=None, visible=False, counts=True)
    # Without a total, its bar pulses.
    phase = bar.add_task("", total=None, visible=False, counts=False)

    def tell(amount: Amount) -> None:
        whole, in_phase = amount.whole, bool(amount.phase)
        visible = (amount.candidates > 0 or bool(amount.beside)) and not in_phase
        bar.update(phase, description=amount.phase, visible=in_phase)
        if amount.done == 0:  # Another sweep: what was before it says nothing of its speed.
            bar.reset(task, total=whole, visible=visible)
        else:
            bar.update(task, total=whole, completed=amount.done, visible=visible)

    with bar, _lines(console), listening(tell):
        yield


@contextlib.contextmanager
def _lines(console: Console) -> Iterator[None]:
    """Sends what is logged in the block to the console, by the filters that there are."""
    logger = absl_logging.get_absl_logger()
    before = logger.handlers
    lines = _Lines(console)
    for known in before:
        for passes in known.filters:
            lines.addFilter(passes)
        if known.formatter:
            lines.setFormatter(known.formatter)
    logger.handlers = [lines]
    try:
        yield
    finally:
        logger.handlers = before
