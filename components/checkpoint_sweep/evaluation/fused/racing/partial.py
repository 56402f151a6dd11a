"""The states of candidates after some shares of the examples, on files, to go on from."""

import os
import pickle
from collections.abc import Sequence
from typing import Any

import apache_beam as beam
import tensorflow as tf
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.evaluation.aggregate.state import FoldState, MergeStates, MetricState
from checkpoint_sweep.evaluation.jackknife import coarse_plan
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec

WHOLE, FOLDS = "whole.pickle", "buckets.pickle"
States = Sequence[MetricState | FoldState]


class WritePartial(beam.PTransform):
    """Merges the states that `update.Update` gives, of all examples and by fold, into files.

    Args:
        eval_config: Config of the metrics.
        tracked_metrics: Metrics of the states by fold.
        models: Number of models, the baseline included.
        directory: Directory to write to.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        tracked_metrics: UncertaintySpec,
        models: int,
        directory: str,
    ) -> None:
        super().__init__()
        self._parts = {
            WHOLE: (MetricState, plan_lib.split_config(eval_config)[""], plan_lib.make),
            FOLDS: (FoldState, tracked_metrics.parts()[""], coarse_plan.make),
        }
        self._models = models
        self._directory = directory

    def expand(self, states: beam.PCollection) -> beam.PCollection:
        """Merges and writes the states; gives the paths written."""
        written = [
            states
            | f"Only[{name}]" >> beam.Filter(_is, kind).with_output_types(Any)
            | f"Key[{name}]" >> beam.Map(_keyed)
            | f"Merge[{name}]" >> beam.CombinePerKey(MergeStates(part, self._models, make))
            | f"Write[{name}]" >> beam.Map(_write, os.path.join(self._directory, name))
            for name, (kind, part, make) in self._parts.items()
        ]
        return written | beam.Flatten()


def read(directory: str, name: str) -> MetricState:
    """Reads a state that `WritePartial` wrote."""
    with tf.io.gfile.GFile(os.path.join(directory, name), "rb") as file:
        state: MetricState = pickle.load(file)
    return state


def _is(element: Any, kind: type) -> bool:
    return isinstance(element, kind)


def _keyed(element: MetricState | FoldState) -> tuple[int, MetricState]:
    return 0, element.state if isinstance(element, FoldState) else element


def _write(element: tuple[int, MetricState], path: str) -> str:
    with replacing(path) as scratch, tf.io.gfile.GFile(scratch, "wb") as file:
        pickle.dump(element[1], file)
    return path
