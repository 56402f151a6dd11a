"""The sums of one batch, before they are merged with those of others."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis import constants

from checkpoint_sweep.evaluation.aggregate import fallback, slicing, sums
from checkpoint_sweep.evaluation.aggregate.state import MetricState, Row
from checkpoint_sweep.evaluation.plan import plan as plan_lib


class BatchAccumulator:
    """Adds up one batch, for all models and leaves.

    Attributes:
        state: Sums and accumulators so far.
        by_example: Adds examples that do not fit arrays, one by one.

    Args:
        plan: Plan whose leaves are summed.
        labelled: Rows of the state.
        pairs: Examples that add to each row.
        extracts: Extracts of the batch, without predictions.
        size: Number of examples of the batch.
        non_finite: (models,) int64, examples whose predictions are not all finite.
    """

    def __init__(
        self,
        plan: plan_lib.Plan,
        labelled: list[Row],
        pairs: slicing.Rows,
        extracts: dict[str, Any],
        size: int,
        non_finite: np.ndarray,
    ) -> None:
        counts = np.bincount(pairs.row, minlength=len(labelled))
        self._plan = plan
        self._pairs = pairs
        self._models = non_finite.size
        positives = np.full(len(labelled), np.nan)
        if (positive := positive_labels(extracts[constants.LABELS_KEY], size)) is not None:
            positives = np.bincount(
                pairs.row, weights=positive[pairs.example], minlength=len(labelled)
            )
        self.state = MetricState(labelled, counts, {}, {}, size, non_finite, {}, positives)
        self.by_example = fallback.ExampleByExample(extracts, labelled, pairs)

    def add(
        self,
        leaf: int,
        models: list[int],
        regular: np.ndarray,
        contributions: Sequence[tuple[Any, Sequence[np.ndarray]]],
    ) -> None:
        """Adds the contributions of a leaf's vectorized combiner, from examples that fit arrays.

        Args:
            leaf: Number of the leaf in the plan.
            models: Numbers of the models, as the arrays have them.
            regular: Examples that fit arrays, (size,) bool.
            contributions: Buckets and columns, which broadcast to (models, regular, values).
        """
        vectorized = self._plan.leaves[leaf].vectorized
        assert vectorized is not None
        pairs, size = self._pairs.take(regular), int(regular.sum())
        parts = [
            sum_by_row(
                pairs,
                models,
                self._models,
                bucket,
                vectorized.buckets,
                columns,
                size,
            )
            for bucket, columns in contributions
        ]
        if leaf in self.state.sums:
            parts.append(self.state.sums[leaf])
        if parts:  # A weighted macro average over the top k has no classes to weigh.
            self.state.sums[leaf] = sums.Sums.merge(parts)

    def compact(self) -> None:
        """Makes TFMA's accumulators small, before the state is sent elsewhere."""
        for index, accumulators in self.state.fallback.items():
            compact = self._plan.leaves[index].combine.compact
            for key, accumulator in accumulators.items():
                accumulators[key] = compact(accumulator)


def sum_by_row(
    pairs: slicing.Rows,
    models: list[int],
    total: int,
    bucket: Any,
    buckets: int,
    columns: Sequence[np.ndarray],
    size: int,
) -> sums.Sums:
    """Sums over (row, model, bucket) of columns that broadcast to (models, size, values)."""
    bucket = np.asarray(bucket)
    shape = np.broadcast_shapes(
        (len(models), size, 1), bucket.shape, *(np.shape(column) for column in columns)
    )
    whole = pairs.example.size == size and bool((pairs.example == np.arange(size)).all())

    def of_pairs(array: np.ndarray) -> np.ndarray:
        array = np.broadcast_to(array, shape)
        return array if whole else array[:, pairs.example]

    model = np.asarray(models, np.int64)[:, None, None]
    codes = (pairs.row[None, :, None] * total + model) * buckets + of_pairs(bucket)
    number_of_rows = int(pairs.row.max()) + 1 if pairs.row.size else 0
    size = number_of_rows * total * buckets
    return sums.Sums.of(codes, [of_pairs(column) for column in columns], size)


def positive_labels(labels: Any, size: int) -> np.ndarray | None:
    """Returns which labels are 1, (size,) bool; None if they are not one 0 or 1 per example."""
    if not isinstance(labels, np.ndarray) or labels.size != size or labels.dtype.kind not in "iuf":
        return None
    flat = labels.reshape(size)
    positive: np.ndarray = flat == 1
    return positive if (positive | (flat == 0)).all() else None
