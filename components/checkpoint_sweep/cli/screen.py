"""What the commands print."""

import json
import logging
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import typer

NONE_ELIGIBLE, BAD_INPUT, INTERRUPTED = 3, 2, 130
_SHOWN = 25


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
    return "checkpoint_sweep" in record.pathname or record.levelno >= logging.ERROR


def fail(message: str, status: int = BAD_INPUT) -> NoReturn:
    """Prints an error and ends the process."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(status)


def print_verdicts(content: Mapping[str, Any], directory: str) -> None:
    """A table of the candidates, the best of them if there are many, and the outcome."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    selection = content["selection"]
    arrow = "↑" if selection["direction"] == "HIGHER_IS_BETTER" else "↓"
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("candidate")
    table.add_column(f"{selection['metric']} {arrow}", justify="right")
    table.add_column("±", justify="right")
    table.add_column("verdict", overflow="fold")
    shown = _to_show(content["checkpoints"], selection["direction"], content["chosen"])
    for verdict in shown:
        chosen = verdict["name"] == content["chosen"]
        table.add_row(
            _label(verdict),
            "–" if verdict["value"] is None else f"{verdict['value']:.5f}",
            half_width(verdict["interval"]),
            escape(verdict["reason"]),
            style="bold green" if chosen else None if verdict["eligible"] else "yellow",
        )
    console.print(table)
    left = len(content["checkpoints"]) - len(shown)
    if left:
        console.print(f"and {left} more, in {directory}", highlight=False, soft_wrap=True)
    word = "[green]BLESSED[/]" if content["blessed"] else "[yellow]NOT BLESSED[/]"
    console.print(f"{word}: {escape(content['reason'])}", highlight=False, soft_wrap=True)


def print_json(content: Mapping[str, Any]) -> None:
    """All verdicts."""
    typer.echo(json.dumps(content, indent=2))


def half_width(interval: Sequence[float] | None) -> str:
    """Of an interval; a dash without one."""
    return "–" if interval is None else f"{(interval[1] - interval[0]) / 2:.5f}"


def _label(verdict: Mapping[str, Any]) -> str:
    return f"step {verdict['step']}" if verdict.get("averaged") is None else verdict["name"]


def _to_show(
    verdicts: Sequence[dict[str, Any]], direction: str, chosen: str | None
) -> list[dict[str, Any]]:
    """The chosen, the last, and the best, by step."""
    if len(verdicts) <= _SHOWN:
        return list(verdicts)
    sign = -1 if direction == "HIGHER_IS_BETTER" else 1
    valued = [v for v in verdicts if v["value"] is not None]
    best = sorted(valued, key=lambda v: (not v["eligible"], sign * v["value"]))[: _SHOWN - 2]
    names = {v["name"] for v in best} | {chosen, verdicts[-1]["name"]}
    return [v for v in verdicts if v["name"] in names]
