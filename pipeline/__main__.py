"""The command line of the local pipeline: `python -m pipeline --help`."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from pipeline import quiet
from pipeline.config import ConfigError, PipelineConfig, check, repository, taxi_data

_DEFAULT = PipelineConfig(Path(), Path(), Path())


def main(
    root: Annotated[Path, typer.Option(help="Folder for everything that the run writes.")] = Path(
        "runs/taxi"
    ),
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with CSV files.  [default: Chicago taxi, shipped with tfx]"),
    ] = None,
    schema: Annotated[
        Path | None,
        typer.Option(help="Schema of the data.  [default: schemas/taxi/schema.pbtxt]"),
    ] = None,
    steps: Annotated[int, typer.Option(help="Training steps.")] = _DEFAULT.steps,
    checkpoint_steps: Annotated[
        int, typer.Option(help="Training steps from one checkpoint to the next.")
    ] = _DEFAULT.checkpoint_steps,
    select_by: Annotated[
        str, typer.Option(help="Metric to choose the checkpoint by, as TFMA names it.")
    ] = _DEFAULT.select_by,
    engine: Annotated[
        str, typer.Option(help="What evaluates: fused (all in one pass) or tfma (stock).")
    ] = _DEFAULT.engine,
    beam_arg: Annotated[
        list[str] | None,
        typer.Option(help="A Beam option, such as --direct_num_workers=2; repeatable."),
    ] = None,
    cache: Annotated[
        bool, typer.Option(help="Skip nodes whose inputs and parameters have not changed.")
    ] = _DEFAULT.cache,
) -> None:
    """Train, sweep all checkpoints, confirm the best on held-out data, and push it.

    Exit status: 0 when the pipeline ran to its end, whether or not it blessed a model (see
    summary.json in the root); 1 when a node failed; 2 for a wrong argument.
    """
    console = Console()
    config = PipelineConfig(
        root=root.resolve(),
        data=(data or taxi_data()).resolve(),
        schema=(schema or repository() / "schemas/taxi/schema.pbtxt").resolve(),
        steps=steps,
        checkpoint_steps=checkpoint_steps,
        select_by=select_by,
        engine=engine,
        beam_args=(*_DEFAULT.beam_args, *(beam_arg or ())),
        cache=cache,
    )
    try:
        check(config)
    except ConfigError as error:
        _fail(str(error), 2)
    quiet.before_imports()
    with console.status("Loading TFX"):
        # Only now: these take seconds, which --help and the errors above need not wait for.
        from components.errors import UserError
        from pipeline.local import run
        from pipeline.summary_view import print_summary
    try:
        summary = run(config, console)
    except UserError as error:
        _fail(str(error), 1)
    print_summary(summary, config, console)


def _fail(message: str, status: int) -> NoReturn:
    Console(stderr=True).print(f"[red]error[/] {escape(message)}", highlight=False)
    raise typer.Exit(status)


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
