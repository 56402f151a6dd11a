"""Plain totals: counts, calibration, correlation, class weights."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners import base
from checkpoint_sweep.evaluation.plan.combiners.rows import (
    Columns,
    RowSums,
    TotalsColumn,
    to_columns,
)
from checkpoint_sweep.evaluation.plan.metric_inputs import Batch, MetricInputs, UnsupportedError


class ExampleCount(base.VectorizedCombiner):
    """Number, or total weight, of the examples."""

    combines = tfma_internals.ExampleCountCombiner

    def inputs(self, batch: Batch) -> list[MetricInputs]:
        """Makes an input of weights only: the metric works without labels and predictions."""
        settings = tfma_internals.settings(self.combiner)
        weight, regular = batch.weight(settings.output_name, settings.example_weighted)
        weight = weight[regular][None, :, None]
        return [MetricInputs(weight, weight, weight, regular)]

    def update(self, inputs: list[MetricInputs]) -> Iterator[base.Contribution]:
        """Yields the weights."""
        yield 0, [inputs[0].weight]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> float:
        """Returns the total weight."""
        return float(values.sum())

    def columns_of(self, rows: RowSums) -> Columns:
        """Hands TFMA's combiner one total after the other."""
        totals: list[float] = rows.totals()[:, 0].tolist()
        return to_columns([self.combiner.extract_output(total) for total in totals])


class Calibration(base.TotalsCombiner):
    """Mean label, mean prediction and their ratio."""

    combines = tfma_internals.CalibrationCombiner
    fields = ("total_weighted_labels", "total_weighted_predictions", "total_weighted_examples")

    @classmethod
    def unsupported_reason(cls, combiner: Any) -> str | None:
        """Refuses top k, of which TFMA reads only the last: that is not worth imitating."""
        sub_key = tfma_internals.settings(combiner).sub_key
        if sub_key and sub_key.top_k is not None:
            return "top_k"
        return super().unsupported_reason(combiner)

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Computes weighted label, prediction and example."""
        return label * weight, prediction * weight, weight

    def columns_of(self, rows: RowSums) -> Columns:
        """Makes TFMA's accumulators, which are what its combiner gives, if they are asked for."""
        (key,) = self.combiner.extract_output(self.combiner.create_accumulator())
        return {key: TotalsColumn(self.combiner, self.fields, rows.totals())}


class SquaredPearson(base.TotalsCombiner):
    """Squared Pearson correlation."""

    combines = tfma_internals.SquaredPearsonCombiner
    fields = (
        "total_weighted_labels",
        "total_weighted_predictions",
        "total_weighted_squared_labels",
        "total_weighted_squared_predictions",
        "total_weighted_labels_times_predictions",
        "total_weighted_examples",
    )

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Computes weighted first and second moments."""
        x, y = label.astype(np.float64), prediction.astype(np.float64)
        return weight * x, weight * y, weight * x**2, weight * y**2, weight * x * y, weight


class TjurDiscrimination(base.TotalsCombiner):
    """Coefficient of discrimination."""

    combines = tfma_internals.TjurCombiner
    fields = (
        "total_negative_weighted_predictions",
        "total_negative_weighted_labels",
        "total_positive_weighted_predictions",
        "total_positive_weighted_labels",
    )

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Computes weighted predictions and labels of either class."""
        positive = label.astype(np.float64)
        negative = 1.0 - positive
        prediction = prediction.astype(np.float64)
        return (
            negative * prediction * weight,
            negative * weight,
            positive * prediction * weight,
            positive * weight,
        )


class ClassWeights(base.VectorizedCombiner):
    """Class frequencies, the weights of a weighted macro average."""

    combines = tfma_internals.ClassWeightsCombiner

    def __init__(self, combiner: Any) -> None:
        super().__init__(combiner)
        self._class_ids = tfma_internals.weighted_class_ids(combiner)

    @property
    def buckets(self) -> int:
        """Number of classes."""
        return len(self._class_ids)

    def inputs(self, batch: Batch) -> list[MetricInputs]:
        """Makes one input, with all classes of an example together."""
        return [batch.inputs(base.input_spec(self.combiner, sub_key=None, flatten=False))]

    def update(self, inputs: list[MetricInputs]) -> Iterator[base.Contribution]:
        """Yields the weighted label of each class."""
        (given,) = inputs
        classes = given.label.shape[2]
        for bucket, class_id in enumerate(self._class_ids):
            if classes == 1:
                label = (given.label == class_id).astype(np.float64)
            elif class_id < classes:
                label = given.label[:, :, class_id : class_id + 1].astype(np.float64)
            else:
                raise UnsupportedError(f"class {class_id} is not among the labels")
            yield bucket, [label * given.weight.astype(np.float64)]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> dict[int, float]:
        """Makes the total label by class."""
        totals = np.zeros(self.buckets)
        totals[buckets] = values[:, 0]
        return dict(zip(self._class_ids, totals.tolist(), strict=True))
