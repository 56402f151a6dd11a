"""The command line of the local pipeline: `python -m pipeline --help`."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from pipeline import problems
from pipeline.config import ConfigError, PipelineConfig, beam_args, check, check_steps
from pipeline.reporting import quiet

_OF_PROBLEM = "(default: the problem's)"


def main(
    problem: Annotated[
        str, typer.Option(help=f"What to learn: {', '.join(problems.definitions())}.")
    ] = problems.DEFAULT,
    root: Annotated[
        Path | None,
        typer.Option(help="Folder for everything that the run writes. (default: runs/PROBLEM)"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with the data files. (default: data that a package ships)"),
    ] = None,
    schema: Annotated[Path | None, typer.Option(help=f"Schema of the data. {_OF_PROBLEM}")] = None,
    steps: Annotated[int | None, typer.Option(help=f"Training steps. {_OF_PROBLEM}")] = None,
    checkpoint_steps: Annotated[
        int | None,
        typer.Option(help=f"Training steps from one checkpoint to the next. {_OF_PROBLEM}"),
    ] = None,
    select_by: Annotated[
        str | None,
        typer.Option(help=f"Metric to choose the checkpoint by, as TFMA names it. {_OF_PROBLEM}"),
    ] = None,
    engine: Annotated[
        str, typer.Option(help="What evaluates: fused (all in one pass) or tfma (stock).")
    ] = PipelineConfig.engine,
    beam_arg: Annotated[
        list[str] | None,
        typer.Option(help="A Beam option, such as --direct_num_workers=2; repeatable."),
    ] = None,
    cache: Annotated[
        bool, typer.Option(help="Skip nodes whose inputs and parameters have not changed.")
    ] = PipelineConfig.cache,
) -> None:
    """Train, sweep all checkpoints, confirm the best on held-out data, and push it.

    Exit status: 0 when the pipeline ran to its end, whether or not it blessed a model (see
    summary.json in the root); 1 when a node failed; 2 for a wrong argument.
    """
    console = Console()
    try:
        chosen = problems.get(problem)
        steps = chosen.steps if steps is None else steps
        every = chosen.checkpoint_steps if checkpoint_steps is None else checkpoint_steps
        check_steps(steps, every)
        quiet.before_imports()  # a problem may import something to make its data
        root = (root or Path("runs") / problem).resolve()
        config = PipelineConfig(
            problem=chosen,
            root=root,
            data=(data or chosen.data(root / "data")).resolve(),
            schema=(schema or chosen.schema).resolve(),
            steps=steps,
            checkpoint_steps=every,
            select_by=select_by or chosen.select_by,
            engine=engine,
            beam_args=beam_args(beam_arg or ()),
            cache=cache,
        )
        check(config)
    except (ConfigError, problems.UnknownProblemError) as error:
        _fail(str(error), 2)
    with console.status("Loading TFX"):
        # Only now: these take seconds, which --help and the errors above need not wait for.
        from checkpoint_sweep.common.errors import UserError

        from pipeline.local import run
        from pipeline.reporting.summary_view import print_summary
    try:
        summary = run(config, console)
    except UserError as error:
        _fail(str(error), 1)
    print_summary(summary, config.summary, console)


def _fail(message: str, status: int) -> NoReturn:
    Console(stderr=True).print(f"[red]error[/] {escape(message)}", highlight=False)
    raise typer.Exit(status)


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
