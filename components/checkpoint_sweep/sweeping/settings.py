"""What a sweep is told."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import tensorflow_model_analysis as tfma

from checkpoint_sweep.evaluation.request import DEFAULT_ENGINE, check_amounts
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.selection import Selection


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a sweep is told.

    Attributes:
        selection: the metric to choose by, and how.
        eval_config: metrics, slices and thresholds, as its user wrote it.
        steps: which checkpoints to take.
        averages: averages to evaluate too; None for none.
        racing: how checkpoints are dropped early; None to evaluate each on all examples.
        engine: its name.
        batch_size: examples to take at once; None for the engine's default.
        memory_budget: bytes for the weights of all models; None for the engine's default.

    Raises:
        EngineError: an amount is below 1.
    """

    selection: Selection
    eval_config: tfma.EvalConfig
    steps: StepRange = dataclasses.field(default_factory=StepRange)
    averages: Averages | None = None
    racing: Racing | None = None
    engine: str = DEFAULT_ENGINE
    batch_size: int | None = None
    memory_budget: int | None = None

    def __post_init__(self) -> None:
        check_amounts(self.batch_size, self.memory_budget)


@dataclasses.dataclass(frozen=True)
class Models:
    """What is swept, and compared with.

    Attributes:
        exported: directory of the SavedModel whose graph every candidate has.
        model_run: directory of the checkpoints.
        baseline: directory of the SavedModel to compare with; None for none.
    """

    exported: str
    model_run: str
    baseline: str | None = None


def made_of(
    settings: Settings, models: Models, examples: Sequence[str], splits: Sequence[str]
) -> dict[str, Any]:
    """How a sweep was made, for its report.

    Args:
        settings: what it was told.
        models: what it swept.
        examples: where they lie.
        splits: of them.
    """
    return {
        "examples": list(examples),
        "example_splits": list(splits),
        "engine": settings.engine,
        "model": models.exported,
        "model_run": models.model_run,
        "baseline_model": models.baseline,
    }
