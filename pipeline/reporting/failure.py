"""How a command line ends when something that the user gave does not fit."""

from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape


def fail(message: str, status: int) -> NoReturn:
    """Prints an error and ends the command with this exit status."""
    Console(stderr=True).print(f"[red]error[/] {escape(message)}", highlight=False)
    raise typer.Exit(status)
