"""The commands that evaluate. What takes seconds to import is imported when a command runs."""

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from checkpoint_sweep.cli import options, screen
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.selection.criteria import DIRECTIONS

if TYPE_CHECKING:
    from checkpoint_sweep.report.sweep_result import SweepResult


def sweep(
    run: options.Run,
    model: options.Model,
    examples: options.Examples,
    config: options.Config,
    select: options.Select,
    direction: options.DirectionName = None,
    output: options.Output = None,
    schema: options.Schema = None,
    split: options.Split = "eval",
    baseline: options.Baseline = None,
    first_step: options.FirstStep = None,
    last_step: options.LastStep = None,
    average_last: options.AverageLast = None,
    greedy_soup: options.GreedySoup = False,
    race: options.Race = False,
    engine: options.Engine = "fused",
    batch_size: options.BatchSize = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Evaluate every checkpoint of a training run, choose the best, and export it.

    What was evaluated before, under the same circumstances, is taken over: the same command goes on
    after an interruption, and after the run has grown.

    Example:

      checkpoint-sweep sweep run --model=export --examples='eval-*.tfrecord' \\
          --config=eval_config.pbtxt --select=auc

    Exit status: 0 when a checkpoint was chosen, 3 when none is eligible, 2 for bad input, 130 when
    interrupted.
    """
    if direction is not None and direction not in DIRECTIONS:
        screen.fail(f"There is no direction {direction!r}. Say --direction=higher or lower.")
    screen.before_imports(quiet or as_json)
    from checkpoint_sweep.model_run.averages import Averages
    from checkpoint_sweep.model_run.checkpoints import StepRange
    from checkpoint_sweep.selection.racing import Racing
    from checkpoint_sweep.sweeping.sweep import sweep as run_it

    wants_averages = bool(average_last) or greedy_soup
    with _evaluating(quiet or as_json):
        swept = run_it(
            run,
            model,
            examples,
            config,
            select,
            output=output,
            direction=DIRECTIONS[direction] if direction else None,
            schema=schema,
            split=split,
            baseline=baseline,
            steps=StepRange(first_step, last_step),
            averages=Averages(tuple(average_last or ()), greedy_soup) if wants_averages else None,
            racing=Racing() if race else None,
            engine=engine,
            batch_size=batch_size,
        )
    screen.show(swept.directory, as_json)
    if swept.chosen is None:
        raise typer.Exit(screen.NONE_ELIGIBLE)


def watch(
    run: options.Run,
    model: options.Model,
    examples: options.Examples,
    config: options.Config,
    select: options.Select,
    direction: options.DirectionName = None,
    output: options.Output = None,
    schema: options.Schema = None,
    split: options.Split = "eval",
    baseline: options.Baseline = None,
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
            "earliest that cannot be told from the best."
        ),
    ] = None,
    every: Annotated[
        float,
        typer.Option(
            help="Seconds from one evaluation to the next look; checkpoints are held more often."
        ),
    ] = 5,
    quiet: options.Quiet = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON at each update, and nothing else.")
    ] = False,
) -> None:
    """Follow a training run: each new checkpoint is evaluated as it appears.

    Each checkpoint is held in OUTPUT/held, by a hard link, so that the trainer may delete it. With
    --patience, the file OUTPUT/stop asks training to stop: it looks for it by `stop_hook` or
    `StopCallback` of `checkpoint_sweep.sweeping.stopping`.

    Example:

      checkpoint-sweep watch run --model=export --examples='eval-*.tfrecord' \\
          --config=eval_config.pbtxt --select=auc --until-step=4000

    Exit status: 0 when a checkpoint was chosen, 3 when none is eligible, 2 for bad input, 130 when
    interrupted.
    """
    if direction is not None and direction not in DIRECTIONS:
        screen.fail(f"There is no direction {direction!r}. Say --direction=higher or lower.")
    screen.before_imports(quiet or as_json)
    from checkpoint_sweep.sweeping.watch import Until
    from checkpoint_sweep.sweeping.watch import watch as run_it

    def tell(result: "SweepResult") -> None:
        if as_json:
            typer.echo(json.dumps(_update(result)))
        elif not quiet:
            last = result.verdicts[-1].step
            typer.echo(f"{len(result.verdicts)} checkpoints, to step {last}: {result.reason}")

    with _evaluating(quiet or as_json):
        result = run_it(
            run,
            model,
            examples,
            config,
            select,
            until=Until(until_step, seconds, until_file, patience),
            output=output,
            every=every,
            when_swept=tell,
            direction=DIRECTIONS[direction] if direction else None,
            schema=schema,
            split=split,
            baseline=baseline,
        )
    if not as_json:
        screen.show(result.directory, False)
    if result.chosen is None:
        raise typer.Exit(screen.NONE_ELIGIBLE)


@contextlib.contextmanager
def _evaluating(quiet: bool) -> Iterator[None]:
    """Shows how far the block is, and ends the process with a sentence where it fails."""
    from checkpoint_sweep.cli import progress

    try:
        with contextlib.nullcontext() if quiet else progress.shown():
            yield
    except UserError as error:
        screen.fail(str(error))
    except KeyboardInterrupt:
        screen.fail("interrupted. The same command goes on.", screen.INTERRUPTED)


def _update(result: "SweepResult") -> dict[str, Any]:
    """Says what `watch` has found, in short."""
    winner = result.decision.winner if result.decision else None
    return {
        "checkpoints": len(result.verdicts),
        "last_step": result.verdicts[-1].step,
        "chosen": result.chosen,
        "chosen_step": result.step,
        "value": winner.value if winner else None,
        "blessed": result.blessed,
        "reason": result.reason,
        "directory": result.directory,
    }
