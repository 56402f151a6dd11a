"""The terminal's output while checkpoints are evaluated."""

import contextlib
import logging
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


class _Left(ProgressColumn):
    """The column of predictions done, their rate, and the time left."""

    def render(self, task: Task) -> Text:
        """Renders the numbers of a task."""
        whole = "" if task.total is None else f" of {task.total:,.0f}"
        text = f"{task.completed:,.0f}{whole} predictions"
        if task.speed:
            text += f", {task.speed:,.0f} a second"
        if task.time_remaining is not None:
            minutes, seconds = divmod(round(task.time_remaining), 60)
            text += f", {minutes}:{seconds:02d} left"
        return Text(text)


class _Lines(logging.Handler):
    """Log records as lines above the bar."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Prints one."""
        warning = record.levelno >= logging.WARNING
        text = escape(self.format(record))
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
        speed_estimate_period=60,
    )
    task = bar.add_task("evaluating", total=None, visible=False)

    def tell(amount: Amount) -> None:
        whole = amount.whole
        is_done = whole is not None and amount.done >= whole
        visible = amount.candidates > 0 and not is_done
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
