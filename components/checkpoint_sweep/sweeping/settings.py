"""The settings of a sweep, with its files read, and the paths of its models."""

import dataclasses
from collections.abc import Mapping, Sequence

from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.model_run.runs import ModelRun
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.sweeping.options import SharedOptions
from checkpoint_sweep.sweeping.predictions.request import Predictions


@dataclasses.dataclass(frozen=True)
class SweepSettings(SharedOptions):
    """The settings of a sweep, wherever its examples come from; see `SweepOptions` for the shared.

    Attributes:
        selection: Metric to choose by, and how.
        eval_config: Metrics, slices and thresholds, as the user wrote them.
    """

    selection: Selection
    eval_config: config_pb2.EvalConfig


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
