"""Adds one batch to the state of the batches before."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis import constants

from checkpoint_sweep.evaluation.aggregate import fallback, slicing, sums
from checkpoint_sweep.evaluation.aggregate.entries import Contribution, Pairs
from checkpoint_sweep.evaluation.aggregate.running_state import RunningState
from checkpoint_sweep.evaluation.aggregate.state import MetricState, Row
from checkpoint_sweep.evaluation.aggregate.waiting_sums import WaitingSums
from checkpoint_sweep.evaluation.plan import plan as plan_lib


class BatchAccumulator:
    """Adds up one batch, for all models and leaves.

    Attributes:
        state: What the batch adds to the state, but for its sums.
        by_example: Adds examples that do not fit arrays, one by one.

    Args:
        running: State that the batch is added to.
        plan: Plan whose leaves are summed.
        labelled: Rows of the state.
        pairs: Examples that add to each row.
        extracts: Extracts of the batch, without predictions.
        size: Number of examples of the batch.
        non_finite: (models,) int64, examples whose predictions are not all finite.
    """

    def __init__(
        self,
        running: RunningState,
        plan: plan_lib.Plan,
        labelled: list[Row],
        pairs: slicing.Rows,
        extracts: dict[str, Any],
        size: int,
        non_finite: np.ndarray,
    ) -> None:
        counts = np.bincount(pairs.row, minlength=len(labelled))
        self._running = running
        self._plan = plan
        self._rows = pairs
        self._numbers = running.numbers(labelled)
        self._models = non_finite.size
        self._pairs: dict[tuple[int, ...], Pairs] = {}
        positives = np.full(len(labelled), np.nan)
        if (positive := positive_labels(extracts[constants.LABELS_KEY], size)) is not None:
            positives = np.bincount(
                pairs.row, weights=positive[pairs.example], minlength=len(labelled)
            )
        self.state = MetricState(labelled, counts, {}, {}, size, non_finite, {}, positives)
        self.by_example = fallback.ExampleByExample(extracts, size, labelled, pairs)

    def add(
        self,
        leaf: int,
        models: list[int],
        regular: np.ndarray,
        contributions: Sequence[Contribution],
    ) -> None:
        """Adds the contributions of a leaf's vectorized combiner, from examples that fit arrays.

        Args:
            leaf: Number of the leaf in the plan.
            models: Numbers of the models, as the arrays have them.
            regular: Examples that fit arrays, (size,) bool.
            contributions: Buckets and columns, which broadcast to (models, regular, values).
        """
        pairs = self._pairs_of(models, regular)
        for given in contributions:
            self._running.add(leaf, pairs, given)

    def _pairs_of(self, models: list[int], regular: np.ndarray) -> Pairs:
        if not regular.all():
            size = int(regular.sum())
            return Pairs(self._rows.take(regular), self._numbers, models, self._models, size)
        key = tuple(models)
        if key not in self._pairs:
            self._pairs[key] = Pairs(self._rows, self._numbers, models, self._models, regular.size)
        return self._pairs[key]

    def finish(self) -> None:
        """Adds to the state all that is not in sums."""
        for index, accumulators in self.state.fallback.items():
            compact = self._plan.leaves[index].combine.compact
            for key, accumulator in accumulators.items():
                accumulators[key] = compact(accumulator)
        self._running.merge(self.state)


def sum_by_row(
    rows: slicing.Rows,
    models: Sequence[int],
    total: int,
    bucket: Any,
    buckets: int,
    columns: Sequence[np.ndarray],
    size: int,
) -> sums.Sums:
    """Sums over (row, model, bucket) of columns that broadcast to (models, size, values)."""
    numbers = np.arange(int(rows.row.max(initial=-1)) + 1)
    found = WaitingSums(len(columns), buckets, total)
    given = Contribution.narrowed(bucket, columns, buckets)
    found.add(Pairs(rows, numbers, models, total, size), given)
    (whole,) = found.take()
    return whole


def positive_labels(labels: Any, size: int) -> np.ndarray | None:
    """Returns which labels are 1, (size,) bool; None if they are not one 0 or 1 per example."""
    if not isinstance(labels, np.ndarray) or labels.size != size or labels.dtype.kind not in "iuf":
        return None
    flat = labels.reshape(size)
    positive: np.ndarray = flat == 1
    return positive if (positive | (flat == 0)).all() else None
