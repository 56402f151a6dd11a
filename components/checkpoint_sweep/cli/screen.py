"""What the commands print."""

import json
import logging
import os
import sys
import warnings
from typing import NoReturn

import typer

from checkpoint_sweep.report.document import REPORT_HTML
from checkpoint_sweep.report.sweep_result import read_verdicts
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict_table import describe_rest, row_cells, rows_to_show

NONE_ELIGIBLE, BAD_INPUT, INTERRUPTED = 3, 2, 130


def before_imports(quiet: bool) -> None:
    """Keeps TensorFlow and its neighbours from printing; the progress of a sweep goes to stderr."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore")
    from absl import logging as absl_logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(_of_this_package)
    absl_logger = absl_logging.get_absl_logger()
    absl_logger.handlers, absl_logger.propagate = [handler], False
    absl_logging.set_verbosity(absl_logging.WARNING if quiet else absl_logging.INFO)
    for name in ("tensorflow", "apache_beam", "root"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger().setLevel(logging.ERROR)


def _of_this_package(record: logging.LogRecord) -> bool:
    if record.pathname.endswith("report/write.py") and record.levelno == logging.INFO:
        return False  # Where the report is, `show` says.
    return "checkpoint_sweep" in record.pathname or record.levelno >= logging.ERROR


def fail(message: str, status: int = BAD_INPUT) -> NoReturn:
    """Prints an error and ends the process."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(status)


def print_verdicts(found: SweepVerdicts) -> None:
    """Prints a table of the candidates that matter, and the outcome."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    shown = rows_to_show(found)
    table = Table(
        box=None,
        padding=(0, 2, 0, 0),
        caption=describe_rest(found.verdicts, shown),
        caption_justify="left",
    )
    table.add_column("candidate", overflow="fold")
    table.add_column(f"{found.selection.metric} {found.selection.direction.arrow}", overflow="fold")
    table.add_column("less the chosen", overflow="fold")
    table.add_column("verdict", overflow="fold", ratio=1)
    for verdict in shown:
        table.add_row(
            verdict.label,
            *map(escape, row_cells(verdict, found.chosen)),
            style="bold green"
            if verdict.name == found.chosen
            else None
            if verdict.eligible
            else "yellow",
        )
    console.print(table)
    word = "[green]BLESSED[/]" if found.blessed else "[yellow]NOT BLESSED[/]"
    console.print(f"{word}: {escape(found.reason)}", highlight=False, soft_wrap=True)


def print_json(content: object) -> None:
    """Prints plain data as one JSON document."""
    typer.echo(json.dumps(content, indent=2))


def show(directory: str, as_json: bool) -> None:
    """Prints what a finished sweep has found.

    Args:
        directory: Directory of its results.
        as_json: Whether to print one JSON document, and nothing else.
    """
    found = read_verdicts(directory)
    if as_json:
        print_json(found.to_dict())
        return
    print_verdicts(found)
    if found.chosen is not None:
        typer.echo(f"Model: {os.path.join(directory, 'model')}")
    report = os.path.join(directory, REPORT_HTML)
    if os.path.exists(report):
        typer.echo(f"Report: {report}")
    typer.echo(f"Results: {directory}")
