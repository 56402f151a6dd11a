"""The commands that evaluate. What takes seconds to import is imported when a command runs."""

import contextlib
import json
from typing import TYPE_CHECKING, Annotated

import typer

from checkpoint_sweep.cli import options, screen
from checkpoint_sweep.cli.missing import refuse_missing
from checkpoint_sweep.cli.sweep_arguments import SweepArguments, takes_sweep_arguments
from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.selection.new_candidates import lines_of_new

if TYPE_CHECKING:
    from checkpoint_sweep.report.sweep_result import SweepResult

# Of a line of `watch --json`: raised when a key changes its meaning or goes; keys may be added.
UPDATE_VERSION = 1

# A part of the help of `watch`.
_END = "End"


@takes_sweep_arguments
def sweep(
    run: options.Runs,
    model: options.Models,
    arguments: SweepArguments,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Evaluate every checkpoint of a training run, or of several, choose the best, and export it.

    Earlier results of the same model, examples and config are reused. After an interruption, or
    when the run has grown, run the same command again.

    Examples:

      checkpoint-sweep sweep run --model=export --examples='eval-*.tfrecord' \\
          --config=eval_config.pbtxt --select=auc
      checkpoint-sweep sweep runs/seed-* --model='{run}/export' \\
          --examples='eval-*.tfrecord' --config=eval_config.pbtxt --select=auc

    Exit status: 0 when a checkpoint was chosen, 3 when none passed all thresholds, 2 for bad input,
    1 for an unexpected error, 130 or 143 when interrupted.
    """
    if not (quiet or as_json):
        screen.log_progress()
    from checkpoint_sweep.sweeping.sweep import find_unchanged

    given = _single(run), _single(model), arguments.to_options()
    with _progress(quiet or as_json):
        result = find_unchanged(*given)
    if result is None:
        named = {"RUN": run, "--model": model, "--examples": arguments.examples}
        refuse_missing(named | {"--config": [arguments.config], "--baseline": [arguments.baseline]})
        with screen.loading(quiet or as_json):
            from checkpoint_sweep.sweeping.full_sweep import full_sweep
        with _progress(quiet or as_json):
            result = full_sweep(*given)
    screen.show(result.directory, screen.Form.JSON if as_json else _form(quiet))
    if result.chosen is None:
        raise typer.Exit(screen.NONE_ELIGIBLE)


@takes_sweep_arguments
def watch(
    run: options.WatchedRun,
    model: options.Models,
    arguments: SweepArguments,
    until_step: Annotated[
        int | None,
        typer.Option(
            help="End when a checkpoint of this step has been evaluated.", rich_help_panel=_END
        ),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="End after this many seconds.", rich_help_panel=_END)
    ] = None,
    until_file: Annotated[
        str | None,
        typer.Option(
            help="End when this file is there, which training writes.", rich_help_panel=_END
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="End, and ask training to stop, when this many checkpoints have come after the "
            "earliest that is tied with the best.",
            rich_help_panel=_END,
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
    """Watch a training run, and evaluate each new checkpoint as it appears.

    You see one line for each checkpoint, and the table at the end. OUTPUT/pinned keeps a hard link
    to each checkpoint, so that the trainer may delete it. With --patience, the file OUTPUT/stop
    asks training to stop: use `stop_hook` or `StopCallback` of `checkpoint_sweep` there.

    Example:

      checkpoint-sweep watch run --model=export --examples='eval-*.tfrecord' \\
          --config=eval_config.pbtxt --select=auc --until-step=4000

    Exit status: 0 when a checkpoint was chosen, 3 when none passed all thresholds, 2 for bad input,
    1 for an unexpected error, 130 or 143 when interrupted.
    """
    with screen.loading(quiet or as_json):
        from checkpoint_sweep.sweeping.watch import Until
        from checkpoint_sweep.sweeping.watch import watch as run_it

    told: set[str] = set()

    def tell(result: "SweepResult") -> None:
        if as_json:
            typer.echo(json.dumps(_update(result)))
        elif not quiet and result.decision is not None:
            for line in lines_of_new(result.decision, told):
                screen.answer(line)
            told.update(verdict.name for verdict in result.verdicts)

    with _progress(quiet or as_json):
        until = Until(until_step, seconds, until_file, patience)
        result = run_it(
            _single(run),  # type: ignore[arg-type] # It refuses several.
            _single(model),  # type: ignore[arg-type]
            arguments.to_options(),
            until=until,
            every=every,
            on_result=tell,
        )
    if not as_json:
        screen.show(result.directory, _form(quiet))
    if result.chosen is None:
        raise typer.Exit(screen.NONE_ELIGIBLE)


def _single(paths: list[str]) -> str | list[str]:
    return paths[0] if len(paths) == 1 else paths


def _form(quiet: bool) -> screen.Form:
    return screen.Form.OUTCOME if quiet else screen.Form.TABLE


def _progress(quiet: bool) -> contextlib.AbstractContextManager[None]:
    """Shows how far the block is."""
    from checkpoint_sweep.cli import progress

    return contextlib.nullcontext() if quiet else progress.shown()


def _update(result: "SweepResult") -> Json:
    """Summarizes the last result of `watch`."""
    return {
        "version": UPDATE_VERSION,
        "checkpoints": len(result.verdicts),
        "last_step": result.verdicts[-1].step,
        "chosen": result.chosen,
        "chosen_step": result.step,
        "value": result.winner.value if result.winner else None,
        "blessed": result.blessed,
        "reason": result.reason,
        "directory": result.directory,
    }
