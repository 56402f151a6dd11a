"""States merged by key in the one process that does all the work.

Beam would write the states down, pass them on as bytes, of which it makes several copies, and read
them again. Here they stay where they are, and Beam passes on only their keys.
"""

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.utils import shared

from checkpoint_sweep.common import heap
from checkpoint_sweep.evaluation.aggregate.merge_states import MergeStates
from checkpoint_sweep.evaluation.aggregate.state import MetricState, StateAccumulator
from checkpoint_sweep.evaluation.aggregate.unmeasured import UnmeasuredPair


class MergeHere(beam.PTransform):
    """Does what ``CombinePerKey(merge)`` does, where all steps run in this process.

    Args:
        merge: Merges states.
    """

    def __init__(self, merge: MergeStates) -> None:
        super().__init__()
        self._merge = merge

    def expand(self, states: beam.PCollection) -> beam.PCollection:
        """Merges the states of each key."""
        handle = shared.Shared()
        # The transform lives as long as its pipeline; Beam lets go of steps that have ended.
        self._kept = handle.acquire(_Kept)
        keys = states | "Add" >> beam.ParDo(_Add(self._merge, handle)).with_output_types(
            tuple[Any, int]
        )
        grouped = keys | "Keys" >> beam.GroupByKey()
        return grouped | "Take" >> beam.ParDo(_Take(self._merge, handle))


class _Kept:
    """States that are being merged, with their number, by key."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.merged: dict[Any, tuple[StateAccumulator, int]] = {}


class _Step(beam.DoFn):
    def __init__(self, merge: MergeStates, handle: shared.Shared) -> None:
        self._merge = merge
        self._handle = handle

    def setup(self) -> None:
        self._merge.setup()
        self._kept: _Kept = self._handle.acquire(_Kept)


class _Add(_Step):
    """Adds each state to those of its key, and yields the key."""

    def process(self, element: tuple[Any, MetricState]) -> Iterator[tuple[Any, int]]:
        key, state = element
        with self._kept.lock:
            merged, number = self._kept.merged.pop(key, (self._merge.create_accumulator(), 0))
            merged = self._merge.add_input(merged, state)
            merged.pack()
            self._kept.merged[key] = merged, number + 1
        yield key, 1


class _Take(_Step):
    """Yields the merged state of each key."""

    def process(self, element: tuple[Any, Iterable[int]]) -> Iterator[tuple[Any, MetricState]]:
        key, added = element
        with self._kept.lock:
            merged, number = self._kept.merged.pop(key, (self._merge.create_accumulator(), 0))
        if number != sum(added):
            raise RuntimeError("States of another run are held. Make a new pipeline.")
        yield UnmeasuredPair(key, self._merge.extract_output(merged))
        heap.give_back()
