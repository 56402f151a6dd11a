"""The state of the batches of a bundle."""

import dataclasses
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from checkpoint_sweep.common import heap
from checkpoint_sweep.evaluation.aggregate.candidate_ranges import ranges_of
from checkpoint_sweep.evaluation.aggregate.entries import Contribution, Pairs
from checkpoint_sweep.evaluation.aggregate.state import MetricState, Row, StateAccumulator
from checkpoint_sweep.evaluation.aggregate.waiting_sums import WaitingSums
from checkpoint_sweep.evaluation.plan import plan as plan_lib

# Bytes that wait to be summed. Those that a state by fold shares with another count twice.
_MOST_WAITING = 1 << 27


class RunningState:
    """A state that batches are added to, one after the other.

    Args:
        plan: Plan whose leaves are summed.
        models: Number of models, the baseline included.
    """

    def __init__(self, plan: plan_lib.Plan, models: int) -> None:
        self._plan = plan
        self._models = models
        self._strides = plan.strides(models)
        self._merged = StateAccumulator(self._strides)
        self._sums: dict[int, WaitingSums] = {}
        candidates = models - (plan.baseline_name is not None)
        self._firsts = [first for first, _ in ranges_of(candidates)]

    def numbers(self, rows: Sequence[Row]) -> npt.NDArray[np.int64]:
        """Numbers the rows of a batch, (rows,), as the codes of entries have them."""
        return self._merged.numbers(rows)

    def add(self, leaf: int, pairs: Pairs, given: Contribution) -> None:
        """Adds to the sums of a leaf."""
        vectorized = self._plan.leaves[leaf].vectorized
        assert vectorized is not None
        if leaf not in self._sums:
            self._sums[leaf] = WaitingSums(
                vectorized.columns, vectorized.buckets, self._models, self._firsts
            )
        self._sums[leaf].add(pairs, given)

    def merge(self, state: MetricState) -> None:
        """Adds what a batch has beside its sums; ``state`` must not be used afterwards."""
        self._merged.merge(state, self._plan)
        if sum(found.nbytes for found in self._sums.values()) > _MOST_WAITING:
            for found in self._sums.values():
                found.sum()
            heap.give_back()

    def is_crowded(self) -> bool:
        """Tells whether the state should be taken before other batches are added."""
        return self._merged.is_crowded()

    def take(self) -> Iterator[MetricState]:
        """Yields the state, if a batch was added; there is none afterwards.

        It comes in parts to be added up, each with the sums of a range of candidates: those of all
        at once are large.
        """
        merged, self._merged = self._merged.state(), StateAccumulator(self._strides)
        origin = zlib.crc32(merged.positives.tobytes(), zlib.crc32(merged.counts.tobytes()))
        merged = dataclasses.replace(merged, origin=origin)
        taken, self._sums = self._sums, {}
        if not merged.examples:
            return
        ranges = zip(*(found.take() for found in taken.values()), strict=True)
        for totals in ranges if taken else [()]:
            yield dataclasses.replace(merged, sums=dict(zip(taken, totals, strict=True)))
            merged = merged.only_sums()
        heap.give_back()
