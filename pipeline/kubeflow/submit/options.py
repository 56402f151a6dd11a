"""What submitting to Kubeflow and to Vertex AI have in common: options, the package, messages."""

import dataclasses
import enum
from pathlib import Path
from typing import Annotated

import typer

from checkpoint_sweep.cli.takes_options import takes_options
from checkpoint_sweep.common.console import Screen
from pipeline.kubeflow import parameters
from pipeline.kubeflow.package import Package, PackageError, read
from pipeline.kubeflow.submit.run_values import RunOverrides
from pipeline.reporting.failure import fail

_AS = "(default: as compiled)"


class DirectionName(enum.Enum):
    """Which values of a metric are better."""

    higher = "higher"
    lower = "lower"


class EngineName(enum.Enum):
    """What evaluates."""

    fused = "fused"
    tfma = "tfma"


@dataclasses.dataclass(frozen=True)
class SubmitOptions:
    """The options that Kubeflow and Vertex AI share; None takes what was compiled."""

    data: Annotated[str | None, typer.Option(help=f"Folder with CSV files. {_AS}")] = None
    push_to: Annotated[str | None, typer.Option(help=f"Folder to push to. {_AS}")] = None
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="<int>", help=f"Training steps. {_AS}")
    ] = None
    checkpoint_steps: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="<int>", help=f"Training steps from one checkpoint to the next. {_AS}"
        ),
    ] = None
    select_by: Annotated[
        str | None, typer.Option(help=f"Metric to choose the checkpoint by. {_AS}")
    ] = None
    direction: Annotated[
        DirectionName | None,
        typer.Option(
            metavar="<name>", help=f"Which values of it are better: higher or lower. {_AS}"
        ),
    ] = None
    engine: Annotated[
        EngineName | None,
        typer.Option(metavar="<name>", help=f"What evaluates: fused or tfma. {_AS}"),
    ] = None
    root: Annotated[str | None, typer.Option(help=f"Pipeline root. {_AS}")] = None
    run_name: Annotated[str | None, typer.Option(help="Name of the run, or of its schedule.")] = (
        None
    )
    experiment: Annotated[str | None, typer.Option(help="Experiment of the run.")] = None
    no_caching: Annotated[
        bool, typer.Option("--no-caching", help="Run every task, also those that have not changed.")
    ] = False

    @property
    def overrides(self) -> RunOverrides:
        """The parameters of the run."""
        settings = {
            parameters.STEPS: self.steps,
            parameters.CHECKPOINT_STEPS: self.checkpoint_steps,
            parameters.SELECT_BY: self.select_by,
            parameters.DIRECTION: self.direction and self.direction.value,
            parameters.ENGINE: self.engine and self.engine.value,
        }
        return RunOverrides(self.data, self.push_to, settings=settings)

    @property
    def caching_of_all(self) -> bool | None:
        """What an SDK caches: False for no task, None for each as it was compiled.

        True would serve those from cache too that must always run.
        """
        return False if self.no_caching else None


takes_submit_options = takes_options("given", SubmitOptions)


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
