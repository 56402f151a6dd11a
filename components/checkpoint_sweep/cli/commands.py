"""The commands that evaluate. What takes seconds to import is imported when a command runs."""

import contextlib
import json
from typing import TYPE_CHECKING, Annotated

import typer

from checkpoint_sweep.cli import options, screen
from checkpoint_sweep.cli.sweep_arguments import SweepArguments, takes_sweep_arguments
from checkpoint_sweep.common.json_safe import Json

if TYPE_CHECKING:
    from checkpoint_sweep.report.sweep_result import SweepResult

# Of a line of `watch --json`: raised when a key changes its meaning or goes; keys may be added.
UPDATE_VERSION = 1


@takes_sweep_arguments
def sweep(
    run: options.Run,
    model: options.Model,
    arguments: SweepArguments,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Evaluate every checkpoint of a training run, choose the best, and export it.

    What was evaluated before, under the same circumstances, is reused: the same command goes on
    after an interruption, and after the run has grown.

    Example:

      checkpoint-sweep sweep run --model=export --examples='eval-*.tfrecord' \\
          --config=eval_config.pbtxt --select=auc

    Exit status: 0 when a checkpoint was chosen, 3 when none is eligible, 2 for bad input, 130 or
    143 when interrupted.
    """
    screen.before_imports(quiet or as_json)
    from checkpoint_sweep.sweeping.sweep import sweep as run_it

    with _progress(quiet or as_json):
        result = run_it(run, model, arguments.to_options())
    screen.show(result.directory, as_json)
    if result.chosen is None:
        raise typer.Exit(screen.NONE_ELIGIBLE)


@takes_sweep_arguments
def watch(
    run: options.Run,
    model: options.Model,
    arguments: SweepArguments,
    until_step: Annotated[
        int | None, typer.Option(help="End when a checkpoint of this step has been evaluated.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="End after so many seconds.")] = None,
    until_file: Annotated[
        str | None, typer.Option(help="End when this file is there, which training writes.")
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="End, and ask training to stop, when so many checkpoints have come after the "
            "earliest that is tied with the best."
        ),
    ] = None,
    every: Annotated[
        float,
        typer.Option(
            help="Seconds from one evaluation to the next look; checkpoints are pinned more often."
        ),
    ] = 5,
    quiet: options.Quiet = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON at each update, and nothing else.")
    ] = False,
) -> None:
    """Watch a training run: each new checkpoint is evaluated as it appears.

    Each checkpoint is pinned in OUTPUT/pinned, by a hard link, so that the trainer may delete it.
    With --patience, the file OUTPUT/stop asks training to stop: it looks for it by `stop_hook` or
    `StopCallback` of `checkpoint_sweep`.

    Example:

      checkpoint-sweep watch run --model=export --examples='eval-*.tfrecord' \\
          --config=eval_config.pbtxt --select=auc --until-step=4000

    Exit status: 0 when a checkpoint was chosen, 3 when none is eligible, 2 for bad input, 130 or
    143 when interrupted.
    """
    screen.before_imports(quiet or as_json)
    from checkpoint_sweep.sweeping.watch import Until
    from checkpoint_sweep.sweeping.watch import watch as run_it

    def tell(result: "SweepResult") -> None:
        if as_json:
            typer.echo(json.dumps(_update(result)))
        elif not quiet:
            last = result.verdicts[-1].step
            screen.answer(f"{len(result.verdicts)} checkpoints, to step {last}: {result.reason}")

    with _progress(quiet or as_json):
        until = Until(until_step, seconds, until_file, patience)
        result = run_it(
            run, model, arguments.to_options(), until=until, every=every, on_result=tell
        )
    if not as_json:
        screen.show(result.directory, False)
    if result.chosen is None:
        raise typer.Exit(screen.NONE_ELIGIBLE)


def _progress(quiet: bool) -> contextlib.AbstractContextManager[None]:
    """Shows how far the block is."""
    from checkpoint_sweep.cli import progress

    return contextlib.nullcontext() if quiet else progress.shown()


def _update(result: "SweepResult") -> Json:
    """Summarizes the last result of `watch`."""
    winner = result.decision.winner if result.decision else None
    return {
        "version": UPDATE_VERSION,
        "checkpoints": len(result.verdicts),
        "last_step": result.verdicts[-1].step,
        "chosen": result.chosen,
        "chosen_step": result.step,
        "value": winner.value if winner else None,
        "blessed": result.blessed,
        "reason": result.reason,
        "directory": result.directory,
    }
