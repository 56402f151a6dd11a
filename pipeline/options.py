"""Options that running and compiling the pipeline share, and the problem's defaults for them."""

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from checkpoint_sweep.cli.options import (
    Across,
    AverageLast,
    AverageWeights,
    ClusterKey,
    Combine,
    Engine,
    GreedySoup,
    Race,
    SplitThresholds,
    WritePredictions,
)
from checkpoint_sweep.cli.takes_options import takes_options
from checkpoint_sweep.model_run.averages import Averages, AveragesError
from checkpoint_sweep.selection.cluster_key import check_cluster_key
from checkpoint_sweep.selection.criteria import DIRECTIONS, ThresholdMode
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.split_thresholds import SplitThreshold, check_split_names
from checkpoint_sweep.sweeping.predictions.request import Predictions
from pipeline.choosing import across_of, policy_of
from pipeline.config import (
    CHOOSES,
    OTHERS,
    ConfigError,
    PipelineConfig,
    as_config_error,
    beam_args,
    check_engine,
    check_steps,
)
from pipeline.problems import registry
from pipeline.problems.problem import Problem

OF_PROBLEM = "(default: the problem's)"


def help_of(command: Callable[..., None]) -> str:
    """Puts each paragraph of a docstring on one line: Typer would break lines where it does."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


ProblemName = Annotated[
    str, typer.Option(help=f"What to learn: {', '.join(registry.definitions())}.")
]


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """The options that running and compiling share; None takes the problem's default."""

    steps: Annotated[int | None, typer.Option(help=f"Training steps. {OF_PROBLEM}")] = None
    checkpoint_steps: Annotated[
        int | None,
        typer.Option(help=f"Training steps from one checkpoint to the next. {OF_PROBLEM}"),
    ] = None
    select_by: Annotated[
        str | None,
        typer.Option(
            help="Metric to choose the checkpoint by, as TFMA names it, or a formula of several, "
            f"such as '0.7 * auc + 0.3 * recall'. {OF_PROBLEM}"
        ),
    ] = None
    direction: Annotated[
        str | None,
        typer.Option(
            help=f"Which values of that metric are better: {' or '.join(DIRECTIONS)}."
            " (default: what its change threshold says)",
        ),
    ] = None
    across: Across = None
    combine: Combine = "mean"
    choose: Annotated[
        str,
        typer.Option(
            help="Which of the passing checkpoints: best; or, of those that are tied with the "
            "best, the earliest, the latest, or by another metric METRIC:higher or METRIC:lower; "
            "or earliest-passing, the first that meets every threshold."
        ),
    ] = "best"
    threshold_mode: Annotated[
        ThresholdMode,
        typer.Option(
            "--thresholds",
            metavar="<mode>",
            help="How thresholds are met: by the value, or (confident) by its bound at 95 % too.",
        ),
    ] = ThresholdMode.VALUE
    race: Race = False
    engine: Engine = PipelineConfig.engine
    average_last: AverageLast = None
    average_weights: AverageWeights = None
    greedy_soup: GreedySoup = False
    predictions: WritePredictions = False
    cluster_key: ClusterKey = None
    other_split: Annotated[
        list[str] | None,
        typer.Option(
            help="Evaluate every checkpoint on this split too, train or test, and show it beside "
            "that which chooses; repeatable."
        ),
    ] = None
    split_threshold: SplitThresholds = None
    beam_arg: Annotated[
        list[str] | None,
        typer.Option(help="A Beam option, such as --runner=DataflowRunner; repeatable."),
    ] = None

    def config(self, problem: Problem) -> PipelineConfig:
        """Configures the pipeline; its folders are the caller's to fill in.

        Args:
            problem: Problem, whose defaults are taken for what is not given.

        Raises:
            ConfigError: training would leave no checkpoint to choose from, there is no such
                engine, direction, way to choose or form of a Beam option, or an average is none,
                or clusters do not go with the engine, or there is no such split or threshold on
                one.
        """
        if self.direction is not None and self.direction not in DIRECTIONS:
            known = " or ".join(f"--direction={name}" for name in DIRECTIONS)
            raise ConfigError(f"There is no direction {self.direction!r}. Say {known}.")
        config = PipelineConfig(
            problem=problem,
            root=Path(),
            data=Path(),
            schema=problem.schema,
            steps=problem.steps if self.steps is None else self.steps,
            checkpoint_steps=(
                problem.checkpoint_steps if self.checkpoint_steps is None else self.checkpoint_steps
            ),
            select_by=self.select_by or problem.select_by,
            beam_args=beam_args(self.beam_arg or ()),
            direction=DIRECTIONS[self.direction] if self.direction else None,
            across=across_of(self.across or (), self.combine),
            choose=self.choose,
            threshold_mode=self.threshold_mode,
            racing=Racing() if self.race else None,
            engine=self.engine,
            averages=_averages(
                self.average_last or (), self.average_weights or (), self.greedy_soup
            ),
            predictions=Predictions() if self.predictions else None,
            cluster_key=self.cluster_key,
            other_splits=_other_splits(self.other_split or ()),
            split_thresholds=_split_thresholds(self.split_threshold or (), self.other_split or ()),
        )
        policy_of(self.choose)
        check_steps(config.steps, config.checkpoint_steps)
        check_engine(config.engine)
        with as_config_error():
            check_cluster_key(config.cluster_key, config.engine)
        return config


takes_run_options = takes_options("run_options", RunOptions)


def _other_splits(given: Sequence[str]) -> tuple[str, ...]:
    """Checks the names of other splits; one that is named twice is meant once.

    Raises:
        ConfigError: the pipeline has no such split beside the one that it chooses on.
    """
    for name in given:
        if name not in OTHERS:
            raise ConfigError(
                f"--other-split={name} is neither of {' and '.join(OTHERS)}. Name one."
            )
    return tuple(dict.fromkeys(given))


def _split_thresholds(given: Sequence[str], splits: Sequence[str]) -> tuple[SplitThreshold, ...]:
    """Reads thresholds on other splits.

    Raises:
        ConfigError: one is none, or on none of these splits.
    """
    with as_config_error():
        thresholds = tuple(map(SplitThreshold.parse, given))
        check_split_names(thresholds, splits, [CHOOSES])
    return thresholds


def _averages(last: Sequence[int], weights: Sequence[str], greedy_soup: bool) -> Averages | None:
    """Makes the averages that are asked for; None if none is.

    Raises:
        ConfigError: a number of checkpoints is too small, or weights are unknown or of no average.
    """
    if weights and not last:
        raise ConfigError("--average-weights are those of --average-last, which is not given.")
    if not last and not greedy_soup:
        return None
    try:
        # Named twice is meant once.
        averages = Averages(last=tuple(set(last)), greedy_soup=greedy_soup)
    except AveragesError as error:
        raise ConfigError(
            f"--average-last={min(last)} averages nothing. Name at least 2 checkpoints."
        ) from error
    with as_config_error():
        return dataclasses.replace(averages, weights=tuple(set(weights)) or averages.weights)
