"""The console script `checkpoint-sweep`. Importing it must stay cheap: `--help` answers at once."""

from typing import Annotated

import typer

from checkpoint_sweep import __version__


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"checkpoint-sweep {__version__}")
        raise typer.Exit


def command(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Evaluate every checkpoint of a training run with TFMA's metrics, and choose the best.

    The sweep runs as a TFX component: `from checkpoint_sweep import CheckpointSweep`.
    """
    typer.echo(context.get_help())


def main() -> None:
    """Runs the command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    app()


if __name__ == "__main__":
    main()
