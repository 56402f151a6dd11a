"""The contract of an engine: the request to evaluate, and the outcome of each candidate.

Importing it must stay cheap.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.statistic import Statistic

if TYPE_CHECKING:
    import apache_beam as beam
    import pyarrow as pa
    from tensorflow_model_analysis.proto import config_pb2

    from checkpoint_sweep.evaluation.inputs.parts import UnreadParts
    from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
    from checkpoint_sweep.saved_model.model_source import ModelSource

DEFAULT_ENGINE = "fused"


@dataclasses.dataclass(frozen=True)
class Race:
    """A race: candidates are dropped by a metric before all examples are evaluated.

    Attributes:
        racing: Settings of the race.
        statistic: Selection metric, or what is made of several metrics or slices.
        direction: Direction in which the metric is better.
    """

    racing: Racing
    statistic: Statistic
    direction: Direction


@dataclasses.dataclass(frozen=True)
class EvaluationRequest:
    """K models, the data to evaluate them on, and the directories of their results.

    Attributes:
        candidates: Models to evaluate.
        baseline: Model to compare each candidate with; None for none.
        outputs: Directory for the TFMA results of each candidate, by its name.
        eval_config: Config with defaults filled in (`tfma.utils.update_eval_config_with_defaults`):
            one model spec, or one for the candidate and one with `is_baseline`.
        read: Adds the reading of the examples to a pipeline, as Arrow RecordBatches that carry
            the serialized examples in `tfma.ARROW_INPUT_COLUMN`; takes as options `batch_size`
            and `columns`, the names of other columns that suffice.
        read_in_parts: As `read`, but leaves files to the step that takes their RecordBatches, as
            `inputs.parts.UnreadParts`; None where they can be read only before it.
        make_pipeline: Makes a new Beam pipeline, with the caller's runner and options.
        tensor_adapter_config: Config by which RecordBatches become tensors; None without a schema.
        batch_size: Number of examples to take at once; None for the engine's default.
        memory_budget: Bytes for the weights of all models; None for the engine's default.
        tracked_metrics: Metrics whose uncertainty is estimated, which stock TFMA does not do.
        race: Race in which candidates are dropped early; None to evaluate all on all examples, as
            stock TFMA does.
        split: Name of another split than the one that chooses, for messages; "" for that one.
    """

    candidates: "Sequence[ModelSource]"
    baseline: "ModelSource | None"
    outputs: dict[str, str]
    eval_config: "config_pb2.EvalConfig"
    read: Callable[..., "beam.PCollection[pa.RecordBatch]"]
    make_pipeline: "Callable[[], beam.Pipeline]"
    read_in_parts: "Callable[..., beam.PCollection[pa.RecordBatch | UnreadParts]] | None" = None
    tensor_adapter_config: Any = None
    batch_size: int | None = None
    memory_budget: int | None = None
    tracked_metrics: "UncertaintySpec | None" = None
    race: Race | None = None
    split: str = ""


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """The outcome of one candidate.

    Attributes:
        name: Name of the candidate.
        seconds: Wall time spent on it; candidates evaluated together share theirs equally.
        error: Reason why it has no results; None when they are complete in its directory.
        dropped: Whether it has no results because it was dropped from a race.
    """

    name: str
    seconds: float
    error: str | None = None
    dropped: bool = False


class Engine(Protocol):
    """Evaluates every candidate of a request, and yields them by groups, each once it is done.

    All engines write, for each candidate, what stock TFMA would write for a run with that
    candidate and the baseline, and `results.files.PREDICTIONS`.
    """

    def __call__(self, request: EvaluationRequest) -> Iterator[Sequence[Evaluated]]:
        """Evaluates the candidates; the results of yielded ones are complete on disk."""
        ...


class EngineError(UserError):
    """There is no such engine, or it cannot work as it is told to; the message says why."""


def check_amounts(batch_size: int | None, memory_budget: int | None) -> None:
    """Checks the amounts of a request.

    Raises:
        EngineError: An amount is below 1.
    """
    for name, amount in (("batch_size", batch_size), ("memory_budget", memory_budget)):
        if amount is not None and amount < 1:
            flag = f"--{name.replace('_', '-')}"
            raise EngineError(
                Words(name, flag),
                f" is {amount}; it must be at least 1",
                Words(", or None", ""),
                ".",
            )
