"""The options of `sweep` and `watch`, declared once. Importing it must stay cheap."""

import copy
import dataclasses
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from checkpoint_sweep.cli import options, screen
from checkpoint_sweep.cli.takes_options import takes_options
from checkpoint_sweep.selection.criteria import DIRECTIONS, LEVEL, ThresholdMode

if TYPE_CHECKING:
    from checkpoint_sweep.sweeping.options import SweepOptions

# The parts of the help, with the fields of `SweepArguments` in each; others are in its first part.
_PANELS = {
    "Choice": (
        *("direction", "on_slice", "across", "combine", "choose"),
        *("thresholds", "baseline", "level", "cluster_key"),
    ),
    "Candidates": (
        *("first_step", "last_step", "stride", "step_from"),
        *("average_last", "average_weights", "greedy_soup", "race"),
    ),
    "Examples": ("schema", "encoding", "split", "other_split", "split_threshold"),
    "Predictions": ("predictions", "predictions_step", "predictions_key"),
    "Computation": ("engine", "batch_size", "memory_budget", "beam_arg"),
}


def _check_direction(name: str | None) -> str | None:
    if name is not None and name not in DIRECTIONS:
        screen.fail(f"There is no direction {name!r}. Write --direction=higher or lower.")
    return name


def _check_slice(given: list[str] | None) -> list[str] | None:
    for text in given or ():
        if not all(_feature_and_value(text)):
            screen.fail(f"--slice={text} is not a slice. Write FEATURE=VALUE.")
    return given


def _feature_and_value(text: str) -> tuple[str, str]:
    feature, _, value = text.partition("=")
    return feature, value


@dataclasses.dataclass(frozen=True)
class SweepArguments:
    """The options of a sweep on the command line: each field is one of `sweep` and of `watch`."""

    examples: options.Examples
    config: Annotated[
        str,
        typer.Option(help="Evaluation config: a text proto, or .json or .yaml with its fields."),
    ]
    select: Annotated[
        str,
        typer.Option(
            help="Metric to choose by, as TFMA names it; with its output, class, top k or average "
            "where there are several: price/mean_absolute_error, recall/topK:3, auc/macro. Or a "
            "formula of several: \"0.7 * auc + 0.3 * 'head/recall'\"."
        ),
    ]
    direction: Annotated[
        str | None,
        typer.Option(
            help="Which of its values are better: higher or lower. (default: what its change "
            "threshold says)",
            callback=_check_direction,
        ),
    ] = None
    on_slice: Annotated[
        list[str] | None,
        typer.Option(
            "--slice",
            help="Choose by the metric on this slice, as FEATURE=VALUE; repeatable, for a slice by "
            "several features.",
            callback=_check_slice,
        ),
    ] = None
    across: options.Across = None
    combine: options.Combine = "mean"
    choose: Annotated[
        str,
        typer.Option(
            help="Which of the passing checkpoints: best; or, of those that are tied with the "
            "best, the earliest, the latest, or the best by another metric, such as "
            "binary_accuracy:higher; or earliest-passing, the first that meets every threshold, "
            "with which `watch` ends."
        ),
    ] = "best"
    thresholds: Annotated[
        ThresholdMode,
        typer.Option(help="How thresholds are met: by the value, or by its bound too (confident)."),
    ] = ThresholdMode.VALUE
    level: Annotated[
        float, typer.Option(help="Level of intervals, and of the set tied with the best.")
    ] = LEVEL
    output: Annotated[
        str | None,
        typer.Option(help="Folder for the results. (default: RUN-sweep)"),
    ] = None
    schema: options.Schema = None
    encoding: options.Encoding = "utf-8"
    split: options.Split = "eval"
    baseline: Annotated[
        str | None, typer.Option(help="Folder of a SavedModel that change thresholds compare with.")
    ] = None
    eval_model: Annotated[
        str | None,
        typer.Option(
            help="Folder of a SavedModel with an eval graph (MODEL or another): the model "
            "function's own metrics are computed too, as model_fn/NAME."
        ),
    ] = None
    first_step: Annotated[int | None, typer.Option(help="Smallest step to evaluate.")] = None
    last_step: Annotated[int | None, typer.Option(help="Largest step to evaluate.")] = None
    stride: Annotated[
        int, typer.Option(help="Evaluate every n-th checkpoint, counted back from the last.")
    ] = 1
    step_from: options.StepFrom = None
    average_last: options.AverageLast = None
    average_weights: options.AverageWeights = None
    greedy_soup: options.GreedySoup = False
    predictions: options.WritePredictions = False
    predictions_step: Annotated[
        list[int] | None,
        typer.Option(help="Write those of the checkpoint of this step too; repeatable."),
    ] = None
    predictions_key: Annotated[
        str | None,
        typer.Option(help="Feature that identifies an example, for a column of these files."),
    ] = None
    race: options.Race = False
    cluster_key: options.ClusterKey = None
    other_split: options.OtherSplit = None
    split_threshold: options.SplitThresholds = None
    engine: options.Engine = "fused"
    batch_size: Annotated[
        int | None, typer.Option(help="Number of examples to predict at once.")
    ] = None
    memory_budget: Annotated[
        int | None,
        typer.Option(
            help="Bytes for the weights of all models; those beyond it are evaluated in further "
            "passes. (default: a share of the memory)"
        ),
    ] = None
    beam_arg: Annotated[
        list[str] | None,
        typer.Option(
            help="Option of the Beam pipelines, such as '--direct_num_workers=2'; repeatable."
        ),
    ] = None

    def to_options(self) -> "SweepOptions":
        """Makes options of the library.

        Raises:
            UserError: An argument is wrong.
        """
        from checkpoint_sweep.model_run.averages import Averages
        from checkpoint_sweep.model_run.checkpoints import StepRange
        from checkpoint_sweep.selection.across import parse_across
        from checkpoint_sweep.selection.policy_names import policy_of
        from checkpoint_sweep.selection.racing import Racing
        from checkpoint_sweep.selection.selection import Selection
        from checkpoint_sweep.selection.split_thresholds import SplitThreshold
        from checkpoint_sweep.sweeping.options import BEAM_ARGS, SweepOptions
        from checkpoint_sweep.sweeping.predictions.request import Predictions

        predictions = None
        if self.predictions or self.predictions_step or self.predictions_key:
            predictions = Predictions(tuple(self.predictions_step or ()), self.predictions_key)
        averages = None
        if self.average_last or self.greedy_soup:
            averages = Averages(tuple(self.average_last or ()), self.greedy_soup)
        if averages and self.average_weights:
            averages = dataclasses.replace(averages, weights=tuple(self.average_weights))
        if self.average_weights and not self.average_last:
            screen.fail("--average-weights are those of --average-last, which is not given.")
        return SweepOptions(
            self.examples,
            self.config,
            Selection(
                self.select,
                dict(_feature_and_value(given) for given in self.on_slice or ()),
                DIRECTIONS[self.direction] if self.direction else None,
                policy=policy_of(self.choose),
                level=self.level,
                threshold_mode=self.thresholds,
                across=parse_across(self.across, self.combine) if self.across else None,
            ),
            output=self.output,
            split=self.split,
            schema=self.schema,
            encoding=self.encoding,
            baseline=self.baseline,
            steps=StepRange(self.first_step, self.last_step, self.stride),
            step_from=self.step_from,
            averages=averages,
            racing=Racing() if self.race else None,
            engine=self.engine,
            batch_size=self.batch_size,
            memory_budget=self.memory_budget,
            predictions=predictions,
            cluster_key=self.cluster_key,
            eval_model=self.eval_model,
            other_splits=options.patterns_by_split(self.other_split or ()),
            split_thresholds=[SplitThreshold.parse(text) for text in self.split_threshold or ()],
            beam_args=[*BEAM_ARGS, *(self.beam_arg or ())],
        )


def takes_sweep_arguments(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the fields of `SweepArguments` as options, for its parameter `arguments`."""
    panels = {name: panel for panel, names in _PANELS.items() for name in names}
    declared = {
        name: _in_panel(parameter, panels.get(name))
        for name, parameter in inspect.signature(SweepArguments).parameters.items()
    }
    return takes_options("arguments", SweepArguments, declared)(command)


def _in_panel(parameter: inspect.Parameter, panel: str | None) -> inspect.Parameter:
    """Returns the option in a part of the help of its own; its declaration may be of others too."""
    kind, option = get_args(parameter.annotation)
    option = copy.copy(option)
    option.rich_help_panel = panel
    return parameter.replace(annotation=Annotated[kind, option])
