"""The options of `sweep` and `watch`, declared once. Importing it must stay cheap."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from checkpoint_sweep.cli import options, screen
from checkpoint_sweep.selection.direction import Direction

if TYPE_CHECKING:
    from checkpoint_sweep.sweeping.options import SweepOptions

_DIRECTIONS = {"higher": Direction.HIGHER_IS_BETTER, "lower": Direction.LOWER_IS_BETTER}


def _check_direction(name: str | None) -> str | None:
    if name is not None and name not in _DIRECTIONS:
        screen.fail(f"There is no direction {name!r}. Say --direction=higher or lower.")
    return name


@dataclasses.dataclass(frozen=True)
class SweepArguments:
    """What the command line says of a sweep: each field is an option of `sweep` and of `watch`."""

    examples: options.Examples
    config: Annotated[
        str,
        typer.Option(help="Evaluation config: a text proto, or .json or .yaml with its fields."),
    ]
    select: Annotated[str, typer.Option(help="Metric to choose by, as TFMA names it.")]
    direction: Annotated[
        str | None,
        typer.Option(
            help="Which of its values are better: higher or lower. (default: what its change "
            "threshold says)",
            callback=_check_direction,
        ),
    ] = None
    output: Annotated[
        str | None,
        typer.Option(help="Folder for the results. (default: that of the run, and -sweep)"),
    ] = None
    schema: options.Schema = None
    encoding: options.Encoding = "utf-8"
    split: options.Split = "eval"
    baseline: Annotated[
        str | None, typer.Option(help="Folder of a SavedModel that change thresholds compare with.")
    ] = None
    first_step: Annotated[int | None, typer.Option(help="The smallest step to take.")] = None
    last_step: Annotated[int | None, typer.Option(help="The largest step to take.")] = None
    step_from: options.StepFrom = None
    average_last: Annotated[
        list[int] | None,
        typer.Option(help="Evaluate the average of the last n checkpoints too; repeatable."),
    ] = None
    greedy_soup: Annotated[
        bool, typer.Option("--greedy-soup", help="Evaluate a greedy soup of the checkpoints too.")
    ] = False
    race: Annotated[
        bool,
        typer.Option("--race", help="Drop checkpoints that are out after a share of the examples."),
    ] = False
    engine: Annotated[
        str, typer.Option(help="What evaluates: fused (all in one pass) or tfma (stock).")
    ] = "fused"
    batch_size: Annotated[int | None, typer.Option(help="Examples to take at once.")] = None

    def to_options(self) -> "SweepOptions":
        """Makes options of the library; this imports TensorFlow.

        Raises:
            UserError: An argument is wrong.
        """
        from checkpoint_sweep.model_run.averages import Averages
        from checkpoint_sweep.model_run.checkpoints import StepRange
        from checkpoint_sweep.selection.racing import Racing
        from checkpoint_sweep.selection.selection import Selection
        from checkpoint_sweep.sweeping.options import SweepOptions

        averages = None
        if self.average_last or self.greedy_soup:
            averages = Averages(tuple(self.average_last or ()), self.greedy_soup)
        return SweepOptions(
            self.examples,
            self.config,
            Selection(
                self.select, direction=_DIRECTIONS[self.direction] if self.direction else None
            ),
            output=self.output,
            split=self.split,
            schema=self.schema,
            encoding=self.encoding,
            baseline=self.baseline,
            steps=StepRange(self.first_step, self.last_step),
            step_from=self.step_from,
            averages=averages,
            racing=Racing() if self.race else None,
            engine=self.engine,
            batch_size=self.batch_size,
        )


def takes_sweep_arguments(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the fields of `SweepArguments` as options, in place of its third parameter.

    Typer reads the options of a command from its signature.

    Args:
        command: Command that takes the folders of run and model, and the arguments.
    """
    own = list(inspect.signature(command).parameters.values())
    shared = inspect.signature(SweepArguments).parameters
    # By keyword, as Typer calls commands: options with a default may come before those without.
    parameters = [p.replace(kind=p.KEYWORD_ONLY) for p in (*own[:2], *shared.values(), *own[3:])]

    @functools.wraps(command)
    def wrapper(run: str, model: str, **values: Any) -> None:
        arguments = SweepArguments(**{name: values.pop(name) for name in shared})
        command(run, model, arguments, **values)

    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return wrapper
