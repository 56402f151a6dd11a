"""The state of the batches of a bundle."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

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

    def numbers(self, rows: Sequence[Row]) -> npt.NDArray[np.int64]:
        """Numbers the rows of a batch, (rows,), as the codes of entries have them."""
        return self._merged.numbers(rows)

    def add(self, leaf: int, pairs: Pairs, given: Contribution) -> None:
        """Adds to the sums of a leaf."""
        vectorized = self._plan.leaves[leaf].vectorized
        assert vectorized is not None
        if leaf not in self._sums:
            self._sums[leaf] = WaitingSums(vectorized.columns, vectorized.buckets, self._models)
        self._sums[leaf].add(pairs, given)

    def merge(self, state: MetricState) -> None:
        """Adds what a batch has beside its sums; ``state`` must not be used afterwards."""
        self._merged.merge(state, self._plan)
        if sum(found.nbytes for found in self._sums.values()) > _MOST_WAITING:
            for found in self._sums.values():
                found.sum()

    def is_crowded(self) -> bool:
        """Tells whether the state should be taken before other batches are added."""
        return self._merged.is_crowded()

    def take(self) -> MetricState | None:
        """Returns the state, if a batch was added; there is none afterwards."""
        merged, self._merged = self._merged.state(), StateAccumulator(self._strides)
        found = {leaf: self._sums.pop(leaf).take() for leaf in list(self._sums)}
        return dataclasses.replace(merged, sums=found) if merged.examples else None
