"""The console script `checkpoint-sweep`. Importing it must stay cheap: `--help` answers at once."""

from typing import Annotated

import typer

from checkpoint_sweep import __version__
from checkpoint_sweep.cli import commands, results
from checkpoint_sweep.cli.init import init


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

    Without TFX: `checkpoint-sweep sweep --help`. In a TFX pipeline the sweep is a component:
    `from checkpoint_sweep import CheckpointSweep`.
    """


def main() -> None:
    """Runs the command line."""
    app = typer.Typer(pretty_exceptions_enable=False, no_args_is_help=True)
    app.callback()(about)
    for command in (
        init,
        commands.sweep,
        commands.watch,
        results.show,
        results.compare,
        results.export,
    ):
        app.command()(command)
    app()


if __name__ == "__main__":
    main()
