"""The command line of the local pipeline: `python -m pipeline --help`."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline import options
from pipeline.config import ConfigError, PipelineConfig, check
from pipeline.problems import registry
from pipeline.reporting import quiet
from pipeline.reporting.failure import fail


def main(
    problem: options.ProblemName = registry.DEFAULT,
    root: Annotated[
        Path | None,
        typer.Option(help="Folder for everything that the run writes. (default: runs/PROBLEM)"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with the data files. (default: data that a package ships)"),
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help=f"Schema of the data. {options.OF_PROBLEM}")
    ] = None,
    steps: options.Steps = None,
    checkpoint_steps: options.CheckpointSteps = None,
    select_by: options.SelectBy = None,
    engine: options.Engine = PipelineConfig.engine,
    beam_arg: options.BeamArg = None,
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
        chosen = registry.get(problem)
        config = options.fill_in(chosen, steps, checkpoint_steps, select_by, engine, beam_arg)
        quiet.before_imports()  # a problem may import something to make its data
        root = (root or Path("runs") / problem).resolve()
        config = dataclasses.replace(
            config,
            root=root,
            data=(data or chosen.data(root / "data")).resolve(),
            schema=(schema or chosen.schema).resolve(),
            cache=cache,
        )
        check(config)
    except (ConfigError, registry.UnknownProblemError) as error:
        fail(str(error), 2)
    with console.status("Loading TFX"):
        # Only now: these take seconds, which --help and the errors above need not wait for.
        from checkpoint_sweep.common.errors import UserError
        from pipeline.local import run
        from pipeline.reporting.summary_view import print_summary
    try:
        summary = run(config, console)
    except UserError as error:
        fail(str(error), 1)
    print_summary(summary, config.summary, console)


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
