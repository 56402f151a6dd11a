"""The merging of states by key: at once, or in stages where nothing is merged before it is sent."""

import dataclasses
from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.aggregate.merge_here import MergeHere
from checkpoint_sweep.evaluation.aggregate.merge_states import MergeStates
from checkpoint_sweep.evaluation.aggregate.state import MetricState, StateAccumulator
from checkpoint_sweep.evaluation.inputs.parallelism import (
    drops_ends_of_bundles,
    keeps_objects,
    number_of_workers,
)

# States that a worker holds at once, and merges one after the other.
_TOGETHER = 16


class MergeByKey(beam.PTransform):
    """Merges the states of each key into one, which stays where it is if that can be.

    Beam's runner for Dask merges none before it sends them on, so that one worker would get all
    states of a key: there they are merged in stages, in as many workers as there are.

    Args:
        part: Config of the metrics of one query key, or of the metrics without one.
        models: Number of models, the baseline included.
    """

    def __init__(self, part: config_pb2.EvalConfig, models: int) -> None:
        super().__init__()
        self._part = part
        self._models = models

    def expand(self, states: beam.PCollection) -> beam.PCollection:
        """Merges the states."""
        merge = MergeStates(self._part, self._models)
        numbers: list[int] = []
        if drops_ends_of_bundles(states.pipeline):
            numbers = groups(number_of_workers(states.pipeline))
        elif keeps_objects(states.pipeline):
            return states | "Merge" >> MergeHere(merge)
        for stage, number in enumerate(numbers):
            states = (
                states
                | f"Group{stage}" >> beam.Map(_with_group, number)
                | f"Merge{stage}" >> beam.CombinePerKey(_MergeSome(self._part, self._models))
                | f"Of{stage}" >> beam.MapTuple(_without_group)
            )
        return states | "Merge" >> beam.CombinePerKey(merge)


def groups(states: int) -> list[int]:
    """Computes the number of groups of each stage before the last, which merges all that is left.

    >>> groups(16), groups(17), groups(4000)
    ([], [2], [250, 16])

    Args:
        states: Number of states of a key: one of each worker.
    """
    numbers = []
    while states > _TOGETHER:
        states = -(-states // _TOGETHER)
        numbers.append(states)
    return numbers


class _MergeSome(MergeStates):
    """Merges states into one that is merged with others, and keeps its sets of slices."""

    def extract_output(self, accumulator: StateAccumulator) -> MetricState:
        """Returns the merged state."""
        return accumulator.state()


def _with_group(element: tuple[Any, MetricState], number: int) -> tuple[Any, MetricState]:
    """Adds to the key one of so many groups."""
    key, state = element
    return (key, state.origin % number), state


def _without_group(key: tuple[Any, int], state: MetricState) -> tuple[Any, MetricState]:
    """Takes the group from the key: it is where the state comes from in the next stage."""
    return key[0], dataclasses.replace(state, origin=key[1])
