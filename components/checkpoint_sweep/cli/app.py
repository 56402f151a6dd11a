"""The commands of `checkpoint-sweep`. Importing it must stay cheap: `--help` answers at once."""

import inspect
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.markup import escape

from checkpoint_sweep.cli import commands, results, screen
from checkpoint_sweep.cli.config_file import reading_config_file
from checkpoint_sweep.cli.ending import in_a_sentence
from checkpoint_sweep.cli.export_graph import export_graph
from checkpoint_sweep.cli.init import init
from checkpoint_sweep.cli.interruption import Interruption
from checkpoint_sweep.cli.predictions import predictions
from checkpoint_sweep.cli.prune import prune
from checkpoint_sweep.version import __version__

# Of click, which some versions of Typer bring along: an unknown option, a missing one, a bad value.
_USAGE_ERROR: Any = typer.BadParameter.__base__


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"checkpoint-sweep {__version__}")
        raise typer.Exit


def about(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Evaluate every checkpoint of a training run with TFMA's metrics, and choose the best.

    In a TFX pipeline the sweep is a component: `from checkpoint_sweep import CheckpointSweep`.

    Examples:

      checkpoint-sweep init --model=export --examples=eval.csv > config.pbtxt
      checkpoint-sweep sweep run --model=export --examples=eval.csv \\
          --config=config.pbtxt --select=auc
      checkpoint-sweep compare run-sweep run2-sweep

    Options that a command is not given are taken from `checkpoint-sweep.toml`, or from the table
    `[tool.checkpoint-sweep]` of `pyproject.toml`, in the current folder.

    Exit status: 0 when it did what it says, 3 when no checkpoint passed all thresholds, 2 for bad
    input, 1 for an unexpected error, with a log of it, 130 or 143 when interrupted.
    """


def run(interruption: Interruption) -> int:
    """Runs the command line, and returns the exit status; a wrong option is one sentence too.

    Args:
        interruption: Signals that the process gets.
    """
    try:
        return make_app(interruption)(sys.argv[1:] or ["--help"], standalone_mode=False) or 0
    except _USAGE_ERROR as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "checkpoint-sweep"
        message = error.format_message()
        end = "" if message.endswith((".", "?")) else "."
        screen.say(f"Error: {message}{end} `{command} --help` shows all options.")
        return screen.BAD_INPUT


def make_app(interruption: Interruption | None = None) -> typer.Typer:
    """Makes the command line.

    Args:
        interruption: Signals that the process gets; errors end in a sentence then.
    """
    app = typer.Typer(pretty_exceptions_enable=False, no_args_is_help=True)
    app.callback(help=_help(about))(reading_config_file(about))
    shown: list[Callable[..., None]] = [init, commands.sweep, commands.watch]
    shown += [results.show, results.compare, results.export, export_graph]
    shown += [predictions, prune]
    for command in shown:
        ended = in_a_sentence(command, interruption) if interruption else command
        app.command(command.__name__.replace("_", "-"), help=_help(command))(ended)
    return app


def _help(command: Callable[..., None]) -> str:
    """Puts each paragraph of a docstring on one line; examples, which are indented, stay.

    Typer would break lines where the source does, and again where the terminal ends, and take
    what is in square brackets for markup.
    """
    paragraphs = escape(inspect.cleandoc(command.__doc__ or "")).split("\n\n")
    return "\n\n".join(p if p.startswith(" ") else " ".join(p.split()) for p in paragraphs)
