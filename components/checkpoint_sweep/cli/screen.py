"""The output of the commands."""

import contextlib
import enum
import functools
import gc
import json
import logging
import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import NoReturn, TextIO

import typer

from checkpoint_sweep.common.json_safe import OTHER_FORM
from checkpoint_sweep.common.text import printable, wrapped
from checkpoint_sweep.report.document import PREDICTIONS_FOLDER, REPORT_HTML
from checkpoint_sweep.selection.gap import describe_gaps
from checkpoint_sweep.selection.markdown import to_markdown
from checkpoint_sweep.selection.run_spread import describe_spread
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.sweeping import folder as folders


class Form(enum.Enum):
    """The form in which a command prints verdicts."""

    TABLE = "table"
    OUTCOME = "outcome"
    JSON = "json"
    MARKDOWN = "markdown"


NONE_ELIGIBLE, BAD_INPUT = 3, 2


_TERMINAL: ContextVar[TextIO | None] = ContextVar("_TERMINAL", default=None)
_OURS = f"{Path(__file__).parent.parent}{os.sep}"


def redirect(terminal: TextIO) -> None:
    """Notes where messages for the user go, while `sys.stderr` is a log."""
    _TERMINAL.set(terminal)


def stderr() -> TextIO:
    """Returns the stream for messages to the user."""
    return _TERMINAL.get() or sys.stderr


def say(message: str) -> None:
    """Prints a message to stderr, on a terminal broken at spaces."""
    typer.echo(_fitting(printable(message), stderr()), file=stderr())


def say_command(name: str, *options: str) -> None:
    """Prints a command to stderr so that it can be copied: on a terminal in lines that fit.

    Args:
        name: What the command begins with, such as "checkpoint-sweep sweep RUN".
        options: Its options, quoted for a shell.
    """
    width = shutil.get_terminal_size().columns if stderr().isatty() else 0
    typer.echo("\n".join(command_lines([name, *map(printable, options)], width)), file=stderr())


def command_lines(parts: Sequence[str], width: int) -> list[str]:
    """Writes a command in lines that end in a backslash, where they have to fit.

    >>> command_lines(["sweep run", "--model=export", "--select=auc"], 22)
    ['  sweep run \\', '      --model=export \\', '      --select=auc']

    Args:
        parts: Parts of the command that stay whole.
        width: Width to fit in; 0 for one line.
    """
    lines = [f"  {parts[0]}"]
    for part in parts[1:]:
        if width and len(lines[-1]) + len(part) + len("  \\") > width:
            lines[-1] += " \\"
            lines.append(f"      {part}")
        else:
            lines[-1] += f" {part}"
    return lines


@contextlib.contextmanager
def loading(quiet: bool = False) -> Iterator[None]:
    """Imports quickly in the block, and says so where somebody waits at a terminal.

    What is imported lives as long as the process. The garbage collector, which looks at all of it
    again and again, would take a quarter of the time of importing, and of what follows it. Four of
    Google's packages each list all that is installed, for a warning about old versions of Python:
    the list is made once.

    Args:
        quiet: Whether nothing is said.
    """
    if not quiet and stderr().isatty():
        typer.secho("loading TensorFlow (a busy machine takes minutes)", file=stderr(), dim=True)
    from importlib import metadata  # Only here: `--help` does without.

    listing = metadata.packages_distributions
    metadata.packages_distributions = functools.cache(listing)
    gc.disable()
    try:
        yield
    finally:
        metadata.packages_distributions = listing
        gc.freeze()
        gc.enable()


def _fitting(text: str, stream: TextIO) -> str:
    return wrapped(text, shutil.get_terminal_size().columns) if stream.isatty() else text


def answer(line: str) -> None:
    """Prints a line of what was asked for to stdout, on a terminal broken at spaces.

    The stream is named, since Typer's own way to it goes around a bar that is drawn below.
    """
    typer.echo(_fitting(printable(line), sys.stdout), file=sys.stdout)


class _Sentence(logging.Formatter):
    """The message alone: a traceback is for the log."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(record.getMessage())


def before_imports() -> None:
    """Keeps TensorFlow and its neighbours from printing; warnings of this package go to stderr."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore")
    from absl import logging as absl_logging

    handler = logging.StreamHandler(stderr())
    handler.setFormatter(_Sentence())
    handler.addFilter(_of_this_package)
    absl_logger = absl_logging.get_absl_logger()
    absl_logger.handlers, absl_logger.propagate = [handler], stderr() is not sys.stderr
    absl_logging.set_verbosity(absl_logging.WARNING)
    for name in ("tensorflow", "apache_beam", "root"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger().setLevel(logging.ERROR)


def log_progress() -> None:
    """Sends progress to stderr too; `watch` does not, since each of its sweeps would repeat it."""
    from absl import logging as absl_logging

    absl_logging.set_verbosity(absl_logging.INFO)


def _of_this_package(record: logging.LogRecord) -> bool:
    if record.pathname.endswith("report/write.py") and record.levelno == logging.INFO:
        return False  # Where the report is, `show` says.
    return record.pathname.startswith(_OURS)


def fail(message: str, status: int = BAD_INPUT) -> NoReturn:
    """Prints an error and ends the process."""
    say(f"Error: {message}")
    raise typer.Exit(status)


def print_verdicts(found: SweepVerdicts) -> None:
    """Prints a table of the candidates that matter."""
    from rich.table import Column

    from checkpoint_sweep.common.console import Screen
    from checkpoint_sweep.report.terminal import verdicts_as_table

    first = Column("candidate", overflow="fold")
    Screen().print(verdicts_as_table(found, first, lambda verdict: verdict.label))


def print_outcome(found: SweepVerdicts) -> None:
    """Prints in a sentence what is chosen and blessed."""
    word, color = ("BLESSED", "green") if found.blessed else ("NOT BLESSED", "yellow")
    text = _fitting(printable(f"{word}: {found.reason}"), sys.stdout)
    typer.echo(f"{typer.style(word, fg=color)}{text.removeprefix(word)}")


def print_json(content: object) -> None:
    """Prints plain data as one JSON document."""
    typer.echo(json.dumps(content, indent=2))


def show(directory: str, form: Form) -> None:
    """Prints what a finished sweep has found.

    Args:
        directory: Directory of its results.
        form: Form to print it in.
    """
    found = folders.read_verdicts(directory)
    if form is Form.JSON:
        print_json(found.to_dict())
        return
    try:
        if form is Form.MARKDOWN:
            typer.echo(to_markdown(found))
            return
        if form is Form.TABLE:
            print_verdicts(found)
        print_outcome(found)
        for line in describe_gaps(found):
            answer(line)
        if form is Form.TABLE and (spread := found.run_spread):
            for sentence in describe_spread(spread, found.winner):
                answer(sentence)
    except OTHER_FORM as error:
        raise folders.damaged(directory) from error
    directory = folders.by_latest(directory)
    if found.chosen is not None:
        answer(f"Model: {os.path.join(directory, 'model')}")
    if form is Form.OUTCOME:
        return
    report = os.path.join(directory, REPORT_HTML)
    if os.path.exists(report):
        answer(f"Report: {report}")
    predictions = os.path.join(directory, PREDICTIONS_FOLDER)
    if os.path.isdir(predictions):
        answer(f"Predictions: {predictions}")
    answer(f"Results: {directory}")
