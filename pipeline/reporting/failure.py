"""How a command line ends when something that the user gave does not fit."""

import os
import sys
from typing import NoReturn

import typer
from rich.markup import escape

from checkpoint_sweep.common.console import Screen


def fail(message: str, status: int) -> NoReturn:
    """Prints an error and ends the command with this exit status."""
    _print(message)
    raise typer.Exit(status)


def leave(message: str, status: int) -> NoReturn:
    """Prints an error and ends the process at once, whatever its threads are at."""
    _print(message)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _print(message: str) -> None:
    Screen(stderr=True).print(f"[red]error[/] {escape(message)}", highlight=False, soft_wrap=True)
