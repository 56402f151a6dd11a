"""The commands on finished sweeps. What takes seconds to import is imported when one runs."""

from typing import Annotated

import typer

from checkpoint_sweep.cli import options, screen
from checkpoint_sweep.cli.missing import refuse_missing


def show(
    folder: options.Folder,
    as_json: options.Json = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")
    ] = False,
) -> None:
    """Show the verdicts of a finished sweep.

    Examples:

      checkpoint-sweep show run-sweep
      checkpoint-sweep show run-sweep --markdown | gh pr comment --body-file=-

    Exit status: 0, or 2 if there is no finished sweep.
    """
    from checkpoint_sweep.sweeping import folder as folders

    if as_json and as_markdown:
        screen.fail("--json and --markdown are two forms. Choose one of them.")
    form = screen.Form.MARKDOWN if as_markdown else screen.Form.TABLE
    screen.show(folders.latest(folder), screen.Form.JSON if as_json else form)


def export(
    folder: options.Folder,
    directory: Annotated[str, typer.Argument(help="Folder for the SavedModel; must not exist.")],
    run: Annotated[str, typer.Option(help="Folder of the checkpoints.")],
    model: options.Model,
    step: Annotated[int, typer.Option(help="Step of the checkpoint.")],
    step_from: options.StepFrom = None,
) -> None:
    """Export any checkpoint of a swept run, not only the chosen one.

    Example:

      checkpoint-sweep export run-sweep exported-600 --run=run --model=export \\
          --step=600

    Exit status: 0, or 2 for bad input.
    """
    refuse_missing({"FOLDER": [folder], "--run": [run], "--model": [model]})
    with screen.loading():
        from checkpoint_sweep.sweeping.export import export_step, sharing_runs, verdict_on
        from checkpoint_sweep.sweeping.finished import read_result

    swept = read_result(folder)
    verdict = verdict_on(swept.directory, run, step)
    sharing = sharing_runs(swept.report.made, run) if verdict and verdict.run else ()
    export_step(run, model, step, directory, step_from, sharing)
    label = verdict.label if verdict else f"step {step}"
    screen.answer(f"{directory}: {label}" + (f", {verdict.reason}" if verdict else ""))


def compare(
    first: Annotated[
        str,
        typer.Argument(
            help="Folder of a sweep, for the one that it chose; FOLDER:STEP names another, "
            "FOLDER:RUN:STEP in a sweep of several runs."
        ),
    ],
    second: Annotated[str, typer.Argument(help="The same.")],
    metric: Annotated[
        list[str] | None, typer.Option(help="Show only this metric; repeatable.")
    ] = None,
    on_slice: Annotated[
        list[str] | None,
        typer.Option(
            "--slice", help="Show only this slice, as FEATURE=VALUE or overall; repeatable."
        ),
    ] = None,
    level: Annotated[float, typer.Option(help="Level of the intervals.")] = 0.95,
    as_json: options.Json = False,
) -> None:
    """Compare two checkpoints, of one sweep or of two, by metric and slice.

    The difference is the second value minus the first. Its interval takes into account that both
    were evaluated on the same examples. Only metrics that decided in both sweeps have one: the
    metric to choose by, and those with thresholds. Without --metric and --slice, you see all
    metrics on all examples, and the metric to choose by on each slice. --json has everything.

    Examples:

      checkpoint-sweep compare run1-sweep run2-sweep
      checkpoint-sweep compare run-sweep:600 run-sweep:800 --metric=auc

    Exit status: 0, or 2 for bad input.
    """
    from checkpoint_sweep.sweeping import folder as folders

    for given in (first, second):
        folders.latest(folders.parts(given)[0])  # Refused before TensorFlow is loaded.
    with screen.loading():
        from checkpoint_sweep.cli.comparison import print_comparison
        from checkpoint_sweep.sweeping.compare import compare as run_it

    compared = run_it(first, second, level)
    if as_json:
        screen.print_json(compared.to_json())
    else:
        print_comparison(compared, metric or [], on_slice or [])
