"""What submitting to Kubeflow and to Vertex AI have in common: options, the package, messages."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from checkpoint_sweep.common.console import Screen
from pipeline.kubeflow import parameters
from pipeline.kubeflow.package import Package, PackageError, read
from pipeline.reporting.failure import fail

_AS = "(default: as compiled)"

Data = Annotated[str | None, typer.Option(help=f"Folder with CSV files. {_AS}")]
PushTo = Annotated[str | None, typer.Option(help=f"Folder to push to. {_AS}")]
Root = Annotated[str | None, typer.Option(help=f"Pipeline root. {_AS}")]
RunName = Annotated[str | None, typer.Option(help="Name of the run, or of its schedule.")]
Experiment = Annotated[str | None, typer.Option(help="Experiment of the run.")]
NoCaching = Annotated[
    bool, typer.Option("--no-caching", help="Run every task, also those that have not changed.")
]


class DirectionName(enum.Enum):
    """Which values of a metric are better."""

    higher = "higher"
    lower = "lower"


class EngineName(enum.Enum):
    """What evaluates."""

    fused = "fused"
    tfma = "tfma"


Steps = Annotated[int | None, typer.Option(min=1, metavar="<int>", help=f"Training steps. {_AS}")]
CheckpointSteps = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="<int>", help=f"Training steps from one checkpoint to the next. {_AS}"
    ),
]
SelectBy = Annotated[str | None, typer.Option(help=f"Metric to choose the checkpoint by. {_AS}")]
Direction = Annotated[
    DirectionName | None,
    typer.Option(metavar="<name>", help=f"Which values of it are better: higher or lower. {_AS}"),
]
Engine = Annotated[
    EngineName | None,
    typer.Option(metavar="<name>", help=f"What evaluates: fused or tfma. {_AS}"),
]


def settings(
    steps: int | None,
    checkpoint_steps: int | None,
    select_by: str | None,
    direction: DirectionName | None,
    engine: EngineName | None,
) -> dict[str, str | int | None]:
    """Gives the settings of a run the names of its parameters; None for what was compiled."""
    return {
        parameters.STEPS: steps,
        parameters.CHECKPOINT_STEPS: checkpoint_steps,
        parameters.SELECT_BY: select_by,
        parameters.DIRECTION: direction and direction.value,
        parameters.ENGINE: engine and engine.value,
    }


def caching_of_all(no_caching: bool) -> bool | None:
    """Tells an SDK what to cache: False for no task, None for each as it was compiled.

    True would serve those from cache too that must always run.
    """
    return False if no_caching else None


def load(path: Path, target: str) -> Package:
    """Loads the package for a target; ends the command with status 2 if there is none."""
    try:
        package = read(path)
    except PackageError as error:
        fail(str(error), 2)
    if package.target != target:
        fail(
            f"{path} was compiled for {package.target}. Submit it there, by make submit "
            f"ARGS='{package.target} ...', or compile with --target={target}.",
            2,
        )
    return package


def say(message: str) -> None:
    """Prints a line, however long."""
    Screen().print(message, highlight=False, soft_wrap=True)
