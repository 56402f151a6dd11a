"""The settings of a sweep, with its files read, and the paths of its models."""

import dataclasses
from collections.abc import Mapping, Sequence

from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.evaluation.request import DEFAULT_ENGINE, check_amounts
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.model_run.runs import ModelRun
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.selection.cluster_key import check_cluster_key
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.split_thresholds import SplitThreshold
from checkpoint_sweep.sweeping.predictions.request import Predictions


@dataclasses.dataclass(frozen=True)
class SweepSettings:
    """The settings of a sweep, wherever its examples come from.

    Attributes:
        selection: Metric to choose by, and how.
        eval_config: Metrics, slices and thresholds, as the user wrote them.
        steps: Checkpoints to evaluate.
        averages: Averages to evaluate too; None for none.
        racing: Race in which checkpoints are dropped early; None to evaluate each on all examples.
        engine: Name of the engine.
        batch_size: Number of examples to predict at once; None for the engine's default.
        memory_budget: Bytes for the weights of all models; None for the engine's default.
        step_from: Regular expression that finds the step in the name of a checkpoint; None to tell
            it from the names.
        predictions: Predictions to write; None for none.
        cluster_key: Feature whose examples of one value share a fold; None for none.
        split_thresholds: Thresholds on splits, beside those of the evaluation config.

    Raises:
        EngineError: An amount is below 1.
        SelectionError: The cluster key is no name, or the engine estimates no errors.
    """

    selection: Selection
    eval_config: config_pb2.EvalConfig
    steps: StepRange = dataclasses.field(default_factory=StepRange)
    averages: Averages | None = None
    racing: Racing | None = None
    engine: str = DEFAULT_ENGINE
    batch_size: int | None = None
    memory_budget: int | None = None
    step_from: str | None = None
    predictions: Predictions | None = None
    cluster_key: str | None = None
    split_thresholds: Sequence[SplitThreshold] = ()

    def __post_init__(self) -> None:
        check_amounts(self.batch_size, self.memory_budget)
        check_cluster_key(self.cluster_key, self.engine)


@dataclasses.dataclass(frozen=True)
class ModelPaths:
    """The paths of the models of a sweep.

    Attributes:
        runs: Training runs, each with the SavedModel whose graph its candidates have.
        baseline: Directory of the SavedModel to compare with; None for none.
        eval_model: Directory of the SavedModel with the eval graph; None for none.
    """

    runs: Sequence[ModelRun]
    baseline: str | None = None
    eval_model: str | None = None

    @property
    def exports(self) -> list[SavedModel]:
        """The exported SavedModels, each once."""
        return list(dict.fromkeys(run.exported for run in self.runs))


def provenance(
    settings: SweepSettings,
    models: ModelPaths,
    examples: Sequence[str],
    splits: Sequence[str],
    identity: Mapping[str, str] | None = None,
    other_splits: Mapping[str, Sequence[str]] | None = None,
) -> Json:
    """Says what a sweep was made from, as its report has it.

    Args:
        settings: Settings of the sweep.
        models: Models that it evaluated.
        examples: Paths of the examples.
        splits: Splits of the examples.
        identity: `pipeline` and `run`; None outside of a pipeline.
        other_splits: Paths of the examples of each of the other splits, none for those of the same
            artifact; None for no other splits.
    """
    return {
        **(identity or {}),
        "examples": list(examples),
        "example_splits": list(splits),
        "engine": settings.engine,
        "model": _single([export.directory for export in models.exports]),
        "model_run": _single([run.directory for run in models.runs]),
        **_runs(models.runs),
        "baseline_model": models.baseline,
        **({} if models.eval_model is None else {"eval_model": models.eval_model}),
        **({} if settings.cluster_key is None else {"cluster_key": settings.cluster_key}),
        **_predictions(settings.predictions),
        **({"other_splits": {k: list(v) for k, v in other_splits.items()}} if other_splits else {}),
        **(
            {"split_thresholds": list(map(str, settings.split_thresholds))}
            if settings.split_thresholds
            else {}
        ),
    }


def _single(paths: list[str]) -> str | list[str]:
    """Returns the only path as it is, and several as a list."""
    return paths[0] if len(paths) == 1 else paths


def _runs(runs: Sequence[ModelRun]) -> Json:
    """Says which run is named how, and in which graph it was evaluated; nothing of a single one."""
    if len(runs) == 1:
        return {}
    return {
        "runs": [
            {"name": run.name, "model_run": run.directory, "model": run.exported.directory}
            for run in runs
        ]
    }


def _predictions(predictions: Predictions | None) -> Json:
    """Says which predictions were asked for; nothing where none were."""
    if predictions is None:
        return {}
    return {
        "predictions": ["chosen", "baseline", *(f"step {step}" for step in predictions.steps)],
        "key": predictions.key,
    }
