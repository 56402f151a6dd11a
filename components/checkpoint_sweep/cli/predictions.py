"""The command that writes predictions. What takes seconds to import is imported when it runs."""

from typing import Annotated

import typer

from checkpoint_sweep.cli import options, screen


def predictions(
    folder: options.Folder,
    step: Annotated[list[int], typer.Option(help="Step of a checkpoint; repeatable.")],
    key: Annotated[
        str | None,
        typer.Option(help="Feature that identifies an example, for a column of the files."),
    ] = None,
) -> None:
    """Write the predictions of checkpoints of a finished sweep on every example.

    Each checkpoint has a Parquet file in `predictions/` of the sweep's folder, with a row for each
    example: row or key, slices, label, weight and predictions. Examples, checkpoints and the
    exported model are read from where the sweep found them. `sweep --predictions` writes those of
    the chosen and of the baseline at the end of a sweep.

    Example:

      checkpoint-sweep predictions run-sweep --step=400 --step=600

    Exit status: 0, or 2 for bad input.
    """
    with screen.loading():
        from checkpoint_sweep.sweeping.predictions.later import write_predictions_of

    for path in write_predictions_of(folder, step, key):
        screen.answer(path)
