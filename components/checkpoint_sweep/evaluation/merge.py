"""Merging the states of batches, in any order, and dividing the whole by slice."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from checkpoint_sweep.evaluation import plan as plan_lib
from checkpoint_sweep.evaluation import slicing, state, sums
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2


class Merge(beam.CombineFn):
    """States to one state.

    Args:
        models: number of models, the baseline included.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        schema: schema_pb2.Schema | None,
        models: int,
    ) -> None:
        self._eval_config = eval_config
        self._schema = schema
        self._models = models

    def setup(self) -> None:
        """Builds the computations."""
        self._plan = plan_lib.make(self._eval_config, self._schema)
        for leaf in self._plan.leaves:
            leaf.combine.setup()

    def create_accumulator(self) -> state.Accumulator:
        """The empty accumulator."""
        return state.Accumulator(self._plan.strides(self._models))

    def add_input(self, accumulator: state.Accumulator, element: state.State) -> state.Accumulator:
        """Adds the state of a batch."""
        accumulator.add(element, self._plan)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[state.Accumulator]) -> state.Accumulator:
        """Adds the states of several accumulators."""
        result, *others = accumulators
        for other in others:
            result.add(other.state(), self._plan)
        return result

    def compact(self, accumulator: state.Accumulator) -> state.Accumulator:
        """Merges what waits, before the accumulator is sent elsewhere."""
        accumulator.state()
        return accumulator

    def extract_output(self, accumulator: state.Accumulator) -> state.State:
        """The merged state, one slice per row."""
        return accumulator.state().flatten(self._plan.strides(self._models))


@dataclasses.dataclass
class SliceState:
    """The part of a state that belongs to one slice.

    Attributes:
        key: of the slice.
        counts: examples by sample.
        sums: by leaf and sample. Codes are ``model * buckets + bucket``.
        fallback: TFMA's accumulators by leaf, and in it by model and sample.
    """

    key: slicing.SliceKey
    counts: dict[int, int]
    sums: dict[int, dict[int, sums.Sums]]
    fallback: dict[int, dict[tuple[int, int], Any]]


def by_slice(whole: state.State, strides: dict[int, int]) -> Iterator[SliceState]:
    """Divides a state with one slice per row.

    Args:
        strides: codes per row, by leaf.
    """
    slices: dict[slicing.SliceKey, SliceState] = {}
    for row, (sample, (key,)) in enumerate(whole.rows):
        part = slices.setdefault(key, SliceState(key, {}, {}, {}))
        part.counts[sample] = int(whole.counts[row])
        for leaf, total in whole.sums.items():
            stride = strides[leaf]
            part.sums.setdefault(leaf, {})[sample] = total.block(row * stride, (row + 1) * stride)
    for leaf, accumulators in whole.fallback.items():
        for (model, sample, key), accumulator in accumulators.items():
            slices[key].fallback.setdefault(leaf, {})[model, sample] = accumulator
    yield from slices.values()


def empty(leaf: plan_lib.Leaf) -> sums.Sums:
    """The sums of a leaf that no example has reached."""
    assert leaf.twin is not None
    return sums.Sums.empty(leaf.twin.columns)
