"""The command that makes a SavedModel of checkpoints and code."""

import shlex
from typing import Annotated

import typer

from checkpoint_sweep.cli import options, screen


def export_graph(
    function: Annotated[
        str, typer.Argument(help="What builds the inference graph, as module:function.")
    ],
    run: options.Run,
    output: Annotated[
        str | None,
        typer.Option(help="Folder for the SavedModel; must not exist. (default: RUN-export)"),
    ] = None,
    step: Annotated[
        int | None, typer.Option(help="Step of the checkpoint. (default: the last)")
    ] = None,
    averages: Annotated[
        bool,
        typer.Option("--averages", help="Take the moving averages of the variables."),
    ] = False,
    step_from: options.StepFrom = None,
) -> None:
    """Make a SavedModel of a checkpoint and the code, for a run that has exported none.

    A function with one argument gets serialized examples and returns outputs, or the EstimatorSpec
    of a model_fn; one without returns a Keras model, or an Estimator and its
    serving_input_receiver_fn. `watch` takes such an export while training goes on.

    Example:

      checkpoint-sweep export-graph my_model:network run --output=export

    Exit status: 0, or 2 for bad input.
    """
    with screen.loading():
        from checkpoint_sweep.sweeping.export_graph import export_graph as run_it

    directory = output or f"{run.rstrip('/')}-export"
    exported = run_it(function, run, directory, step=step, averages=averages, step_from=step_from)
    typer.echo(f"{directory}: step {exported}")
    screen.say("To begin with:")
    screen.say_command(
        "checkpoint-sweep init",
        f"--model={shlex.quote(directory)}",
        "--examples=EXAMPLES",
        "--output=eval_config.pbtxt",
    )
