"""States divided by ranges of candidates, which are merged and evaluated apart from each other.

No worker then holds the sums of all candidates in several copies at once, and workers share the
work that follows the reading of the examples.
"""

import copy
import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.aggregate import sums
from checkpoint_sweep.evaluation.aggregate.merging import MergeByKey
from checkpoint_sweep.evaluation.aggregate.slice_state import SliceState, split_by_slice
from checkpoint_sweep.evaluation.aggregate.state import AccumulatorKey, MetricState
from checkpoint_sweep.evaluation.aggregate.unmeasured import UnmeasuredList, UnmeasuredPair
from checkpoint_sweep.evaluation.plan import plan as plan_lib

# So many that metrics computed once for a range, such as the baseline's, cost little beside them.
_CANDIDATES = 16

# So many that what each step does for a block costs little beside what it does for its slices, and
# so few that plots of all of them are in memory at once.
_METRICS_OF_A_BLOCK = 256
# At least so many for each worker of several, if there are as many slices.
_BLOCKS_OF_A_WORKER = 4

# Number of the first candidate of the range, and of the one after the last.
Range = tuple[int, int]


class MergeByRange(beam.PTransform):
    """Merges the states of all models into one for each range of candidates, keyed by the range.

    Each has the baseline's sums too.

    Args:
        part: Config of the metrics of one query key, or of the metrics without one.
        candidates: Number of candidates.
        models: Number of models, the baseline included.
    """

    def __init__(
        self,
        part: config_pb2.EvalConfig,
        candidates: int,
        models: int,
    ) -> None:
        super().__init__()
        self._part = part
        self._candidates = candidates
        self._models = models

    def expand(self, states: beam.PCollection) -> beam.PCollection:
        """Divides the states, and merges those of each range."""
        strides = plan_lib.make(self._part).strides(self._models)
        ranges = ranges_of(self._candidates)
        return (
            states
            | "Divide" >> beam.FlatMap(divide, ranges, strides, self._models)
            | "Merge" >> MergeByKey(self._part, self._models)
        )


def ranges_of(candidates: int) -> list[Range]:
    """Divides so many candidates into as few ranges as hold them, of almost equal sizes."""
    number = -(-candidates // _CANDIDATES)
    bounds = [candidates * i // number for i in range(number + 1)]
    return list(itertools.pairwise(bounds))


def divide(
    state: MetricState, ranges: list[Range], strides: dict[int, int], models: int
) -> Iterator[tuple[Range, MetricState]]:
    """Divides a state by range; the baseline, which is behind the last range, is in each part.

    Args:
        state: State of all models.
        ranges: Ranges of candidates, ascending.
        strides: Codes per row, by leaf.
        models: Number of models, the baseline included.
    """
    if len(ranges) == 1:
        yield UnmeasuredPair(ranges[0], state)
        return
    starts = np.array([first for first, _ in ranges])
    range_of = np.searchsorted(starts, np.arange(models), side="right") - 1
    range_of[ranges[-1][1] :] = -1
    range_of_entry = {
        leaf: range_of[total.codes // (strides[leaf] // models) % models]
        for leaf, total in state.sums.items()
    }
    for number, one in enumerate(ranges):
        found = {
            leaf: _only(total, number, range_of_entry[leaf]) for leaf, total in state.sums.items()
        }
        fallback = {
            leaf: _accumulators(of_leaf, number, range_of)
            for leaf, of_leaf in state.fallback.items()
        }
        part = dataclasses.replace(state, sums=found, fallback=fallback)
        if not part.is_nothing():
            yield UnmeasuredPair(one, part)


def _only(total: sums.Sums, number: int, range_of_entry: np.ndarray) -> sums.Sums:
    """Selects the entries of one range and of the baseline."""
    kept = np.flatnonzero((range_of_entry == number) | (range_of_entry == -1))
    if kept.size == total.codes.size:
        return total
    return sums.Sums(total.codes[kept], total.values.take(kept, axis=0))


def _accumulators(
    of_leaf: dict[AccumulatorKey, Any], number: int, range_of: np.ndarray
) -> dict[AccumulatorKey, Any]:
    """Selects a range's accumulators, and copies of the baseline's, since merging changes them."""
    own = {key: a for key, a in of_leaf.items() if range_of[key[0]] == number}
    shared = {key: copy.deepcopy(a) for key, a in of_leaf.items() if range_of[key[0]] < 0}
    return own | shared


def by_slice(element: tuple[Range, MetricState], strides: dict[int, int]) -> Iterator[SliceState]:
    """Divides the merged state of a range by slice.

    Args:
        element: Range and merged state, as `MergeByRange` gives them.
        strides: Codes per row, by leaf.
    """
    candidates, state = element
    return split_by_slice(state, strides, range(*candidates))


def blocks(
    element: tuple[Range, MetricState], strides: dict[int, int], workers: int
) -> Iterator[list[SliceState]]:
    """Divides the merged state of a range by slice, and yields some slices at a time.

    Args:
        element: Range and merged state, as `MergeByRange` gives them.
        strides: Codes per row, by leaf.
        workers: Number of workers that share the blocks.
    """
    (first, last), state = element
    most = None
    if workers > 1:
        most = len(state.rows) // (_BLOCKS_OF_A_WORKER * workers)
    yield from in_blocks(by_slice(element, strides), last - first, most)


def in_blocks(
    slices: Iterator[SliceState], candidates: int, most: int | None = None
) -> Iterator[list[SliceState]]:
    """Yields some slices at a time: at least one, and few enough for memory.

    Args:
        slices: Slices.
        candidates: Number of candidates, each of which has metrics in each slice.
        most: Number of slices of a block at most; None for what memory allows.
    """
    for_memory = _METRICS_OF_A_BLOCK // candidates
    size = for_memory if most is None else min(most, for_memory)
    while block := UnmeasuredList(itertools.islice(slices, max(1, size))):
        yield block
