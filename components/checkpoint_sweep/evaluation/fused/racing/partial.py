"""The states of candidates after some shares of the examples, on files, to go on from.

The files hold arrays and JSON, and nothing that could be run.
"""

import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
import tensorflow as tf
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.evaluation.aggregate.merging import MergeByKey
from checkpoint_sweep.evaluation.aggregate.state import FoldState, MetricState
from checkpoint_sweep.evaluation.data_errors import EvaluationError
from checkpoint_sweep.evaluation.fused.racing import state_arrays
from checkpoint_sweep.evaluation.fused.racing.standing import DeriveRecords, DeriveShown
from checkpoint_sweep.evaluation.plan.plan import split_config
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.evaluation.request import Race
from checkpoint_sweep.saved_model.model_source import ModelSource

WHOLE, FOLDS = "whole.npz", "folds.npz"
States = Sequence[MetricState | FoldState]


@dataclasses.dataclass(frozen=True)
class Partial:
    """The folder of the states of a group of candidates.

    Attributes:
        directory: Folder of the files.
        race: Race that they are in.
    """

    directory: str
    race: Race


@dataclasses.dataclass(frozen=True)
class Round:
    """A round of successive halving: a group of candidates on some shares of the examples.

    Attributes:
        shares: Numbers of the shares, below `SHARES`.
        earlier: Gives the states of candidates of the group on the shares before, which are added;
            metrics by query key cannot go on from such states.
        partial: Folder for their states after these shares; None to end with results.
    """

    shares: range
    earlier: Callable[[Sequence[ModelSource]], States]
    partial: Partial | None


class WritePartial(beam.PTransform):
    """Merges the states that `update.Update` gives, of all examples and by fold, into files.

    Beside the state of all examples is the value of the selection metric of each candidate, beside
    the state by fold the record of its replicates.

    Args:
        eval_config: Config of the metrics.
        tracked_metrics: Metrics of the states by fold.
        candidates: Number of candidates.
        models: Number of models, the baseline included.
        partial: Folder to write to.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        tracked_metrics: UncertaintySpec,
        candidates: int,
        models: int,
        partial: Partial,
    ) -> None:
        super().__init__()
        config, race = split_config(eval_config)[""], partial.race
        shown = DeriveShown(config, race, tracked_metrics, candidates)
        records = DeriveRecords(race, tracked_metrics, candidates)
        self._parts: dict[str, tuple[type, config_pb2.EvalConfig, Callable[..., Any]]] = {
            WHOLE: (MetricState, config, shown),
            FOLDS: (FoldState, tracked_metrics.parts()[""], records),
        }
        self._models = models
        self._directory = partial.directory

    def expand(self, states: beam.PCollection) -> beam.PCollection:
        """Merges and writes the states; gives the paths written."""
        written = [
            states
            | f"Only[{name}]" >> beam.Filter(_is, kind).with_output_types(Any)
            | f"Key[{name}]" >> beam.Map(_keyed)
            | f"Merge[{name}]" >> MergeByKey(part, self._models)
            | f"Write[{name}]" >> beam.Map(write, os.path.join(self._directory, name), derive)
            for name, (kind, part, derive) in self._parts.items()
        ]
        return written | beam.Flatten()


def read(path: str) -> state_arrays.SavedState:
    """Reads a state that `WritePartial` wrote.

    Raises:
        EvaluationError: The file is damaged.
    """
    with tf.io.gfile.GFile(path, "rb") as file:
        content = file.read()
    try:
        return state_arrays.from_bytes(content)
    except ValueError as error:
        raise EvaluationError(f"{path} was changed while the race went on. Sweep again.") from error


def _is(element: Any, kind: type) -> bool:
    return isinstance(element, kind)


def _keyed(element: MetricState | FoldState) -> tuple[int, MetricState]:
    return 0, element.state if isinstance(element, FoldState) else element


def write(element: tuple[int, MetricState], path: str, derive: Callable[[MetricState], Any]) -> str:
    """Writes a state, and what is derived of it; returns the path."""
    _, state = element
    arrays = state_arrays.arrays_of(state)  # Before metrics are derived, which may add to sums.
    content = state_arrays.to_bytes(arrays, derive(state))
    with replacing(path) as scratch, tf.io.gfile.GFile(scratch, "wb") as file:
        file.write(content)
    return path
