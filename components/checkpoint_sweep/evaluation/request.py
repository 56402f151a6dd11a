"""What an engine is asked to evaluate, and what it answers."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import apache_beam as beam
import pyarrow as pa
import tensorflow_model_analysis as tfma

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.direction import Direction
from checkpoint_sweep.selection.metric_lookup import MetricName
from checkpoint_sweep.selection.racing import Racing

DEFAULT_ENGINE = "fused"


@dataclasses.dataclass(frozen=True)
class Race:
    """By what candidates are dropped before all examples are evaluated.

    Attributes:
        racing: when.
        metric: the selection metric.
        slice: on which it is read, as text.
        direction: which of its values are better.
    """

    racing: Racing
    metric: MetricName
    slice: tuple[tuple[str, str], ...]
    direction: Direction


@dataclasses.dataclass(frozen=True)
class EvaluationRequest:
    """K models, the data to evaluate them on, and where each one's results go.

    Attributes:
        candidates: the models to evaluate.
        baseline: the model to compare each candidate with; None for none.
        outputs: from a candidate's name to the directory for its TFMA results.
        eval_config: with defaults filled in (`tfma.utils.update_eval_config_with_defaults`): one
            model spec, or one for the candidate and one with `is_baseline`.
        read: adds the reading of the examples to a pipeline, as Arrow RecordBatches that carry
            the serialized examples in `tfma.ARROW_INPUT_COLUMN`; takes as options `batch_size`
            and `columns`, the names of other columns that suffice.
        make_pipeline: a new Beam pipeline, runner and options chosen by the caller.
        tensor_adapter_config: how the RecordBatches become tensors; None without a schema.
        batch_size: examples to take at once; None for the engine's default.
        memory_budget: bytes for the weights of all models; None for the engine's default.
        tracked_metrics: the metrics whose uncertainty is estimated, which stock TFMA does not do.
        race: how candidates are dropped early; None to evaluate all on all examples, as stock TFMA
            does.
    """

    candidates: Sequence[ModelSource]
    baseline: ModelSource | None
    outputs: dict[str, str]
    eval_config: tfma.EvalConfig
    read: Callable[..., "beam.PCollection[pa.RecordBatch]"]
    make_pipeline: Callable[[], beam.Pipeline]
    tensor_adapter_config: Any = None
    batch_size: int | None = None
    memory_budget: int | None = None
    tracked_metrics: UncertaintySpec | None = None
    race: Race | None = None


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """What became of one candidate.

    Attributes:
        name: the candidate's.
        seconds: wall time spent on it; candidates evaluated together share theirs equally.
        error: why it has no results; None when they are complete in its output directory.
        dropped: whether it has none because it was dropped from a race.
    """

    name: str
    seconds: float
    error: str | None = None
    dropped: bool = False


class Engine(Protocol):
    """Evaluates every candidate of a request, and yields each as soon as it is done.

    All engines write, for each candidate, what stock TFMA would write for a run with that
    candidate and the baseline, and `results.files.PREDICTIONS`.
    """

    def __call__(self, request: EvaluationRequest) -> Iterator[Evaluated]:
        """Evaluates; the results of a yielded candidate are complete on disk."""
        ...


class EngineError(UserError):
    """There is no such engine, or it cannot work as it is told to; the message says why."""


def check_amounts(batch_size: int | None, memory_budget: int | None) -> None:
    """Checks what a request may say of amounts.

    Raises:
        EngineError: one is below 1.
    """
    for name, amount in (("batch_size", batch_size), ("memory_budget", memory_budget)):
        if amount is not None and amount < 1:
            raise EngineError(f"{name} is {amount}; it must be at least 1, or None.")
