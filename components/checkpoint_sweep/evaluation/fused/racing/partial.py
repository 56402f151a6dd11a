"""The states of candidates after some shares of the examples, on files, to go on from.

TFMA's own accumulators are in them, so they are pickled. Unpickling runs what is in a file: each is
signed by a key that is in memory only, and none that somebody else has written is unpickled.
"""

import dataclasses
import hmac
import os
import pickle
from collections.abc import Sequence
from typing import Any

import apache_beam as beam
import tensorflow as tf
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.evaluation.aggregate.state import FoldState, MergeStates, MetricState
from checkpoint_sweep.evaluation.data_errors import EvaluationError
from checkpoint_sweep.evaluation.plan.plan import split_config
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec

WHOLE, FOLDS = "whole.pickle", "buckets.pickle"
States = Sequence[MetricState | FoldState]
_ALGORITHM, _SIGNATURE = "sha256", 32  # and the bytes of a signature


@dataclasses.dataclass(frozen=True)
class Partial:
    """The folder of the states of a group of candidates.

    Attributes:
        directory: Folder of the files.
        key: Key that signs the files.
    """

    directory: str
    key: bytes = dataclasses.field(repr=False)

    def path(self, name: str) -> str:
        """Returns the path of a file."""
        return os.path.join(self.directory, name)

    def signature(self, name: str, content: bytes) -> bytes:
        """Signs the content of a file."""
        signed = hmac.new(self.key, self.path(name).encode() + b"\0", _ALGORITHM)
        signed.update(content)
        return signed.digest()


class WritePartial(beam.PTransform):
    """Merges the states that `update.Update` gives, of all examples and by fold, into files.

    Args:
        eval_config: Config of the metrics.
        tracked_metrics: Metrics of the states by fold.
        models: Number of models, the baseline included.
        partial: Folder to write to, and key to sign by.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        tracked_metrics: UncertaintySpec,
        models: int,
        partial: Partial,
    ) -> None:
        super().__init__()
        self._parts = {
            WHOLE: (MetricState, split_config(eval_config)[""]),
            FOLDS: (FoldState, tracked_metrics.parts()[""]),
        }
        self._models = models
        self._partial = partial

    def expand(self, states: beam.PCollection) -> beam.PCollection:
        """Merges and writes the states; gives the paths written."""
        written = [
            states
            | f"Only[{name}]" >> beam.Filter(_is, kind).with_output_types(Any)
            | f"Key[{name}]" >> beam.Map(_keyed)
            | f"Merge[{name}]" >> beam.CombinePerKey(MergeStates(part, self._models))
            | f"Write[{name}]" >> beam.Map(write, self._partial, name)
            for name, (kind, part) in self._parts.items()
        ]
        return written | beam.Flatten()


def read(partial: Partial, name: str) -> MetricState:
    """Reads a state that `WritePartial` wrote.

    Raises:
        EvaluationError: Something else wrote the file.
    """
    path = partial.path(name)
    with tf.io.gfile.GFile(path, "rb") as file:
        content = file.read()
    signature, content = content[:_SIGNATURE], content[_SIGNATURE:]
    if not hmac.compare_digest(signature, partial.signature(name, content)):
        raise EvaluationError(f"{path} was changed while the race went on. Sweep again.")
    state: MetricState = pickle.loads(content)
    return state


def _is(element: Any, kind: type) -> bool:
    return isinstance(element, kind)


def _keyed(element: MetricState | FoldState) -> tuple[int, MetricState]:
    return 0, element.state if isinstance(element, FoldState) else element


def write(element: tuple[int, MetricState], partial: Partial, name: str) -> str:
    """Writes and signs a state; returns the path."""
    path, content = partial.path(name), pickle.dumps(element[1])
    with replacing(path) as scratch, tf.io.gfile.GFile(scratch, "wb") as file:
        file.write(partial.signature(name, content) + content)
    return path
