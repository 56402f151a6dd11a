"""Twins of combiners that keep plain totals: counts, calibration, correlation, class weights."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from checkpoint_sweep.evaluation import metric_inputs as views_lib
from checkpoint_sweep.evaluation.combiners import base
from tensorflow_model_analysis.metrics import (
    aggregation,
    calibration,
    example_count,
    squared_pearson_correlation,
    tjur_discrimination,
)


class ExampleCount(base.Twin):
    """Number, or total weight, of the examples."""

    combines = example_count._ExampleCountCombiner

    def views(self, inputs: views_lib.Inputs) -> list[views_lib.View]:
        """Weights only: the metric works without labels and predictions."""
        combiner = self.combiner
        weight, regular = inputs.weight(combiner._output_name, combiner._example_weighted)
        weight = weight[regular][None, :, None]
        return [views_lib.View(weight, weight, weight, regular)]

    def update(self, views: list[views_lib.View]) -> Iterator[base.Contribution]:
        """The weights."""
        yield 0, [views[0].weight]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> float:
        """The total."""
        return float(values.sum())


class Calibration(base.TotalsTwin):
    """Mean label, mean prediction and their ratio."""

    combines = calibration._WeightedLabelsPredictionsExamplesCombiner
    fields = ("total_weighted_labels", "total_weighted_predictions", "total_weighted_examples")

    @classmethod
    def unsupported(cls, combiner: Any) -> str | None:
        """TFMA reads only the last of the top k, which is not worth imitating."""
        sub_key = combiner._key.sub_key
        if sub_key and sub_key.top_k is not None:
            return "top_k"
        return super().unsupported(combiner)

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Weighted label, prediction and example."""
        return label * weight, prediction * weight, weight


class SquaredPearson(base.TotalsTwin):
    """Squared Pearson correlation."""

    combines = squared_pearson_correlation._SquaredPearsonCorrelationCombiner
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
        """Weighted first and second moments."""
        x, y = label.astype(np.float64), prediction.astype(np.float64)
        return weight * x, weight * y, weight * x**2, weight * y**2, weight * x * y, weight


class TjurDiscrimination(base.TotalsTwin):
    """Coefficient of discrimination."""

    combines = tjur_discrimination._TJURDiscriminationCombiner
    fields = (
        "total_negative_weighted_predictions",
        "total_negative_weighted_labels",
        "total_positive_weighted_predictions",
        "total_positive_weighted_labels",
    )

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Weighted predictions and labels of either class."""
        positive = label.astype(np.float64)
        negative = 1.0 - positive
        prediction = prediction.astype(np.float64)
        return (
            negative * prediction * weight,
            negative * weight,
            positive * prediction * weight,
            positive * weight,
        )


class ClassWeights(base.Twin):
    """Class frequencies, the weights of a weighted macro average."""

    combines = aggregation._ClassWeightsFromLabelsCombiner

    def __init__(self, combiner: Any) -> None:
        super().__init__(combiner)
        # The order of TFMA's list is that of a proto map, which is random.
        self._class_ids = sorted(combiner._class_ids)

    @property
    def buckets(self) -> int:
        """One for each class."""
        return len(self._class_ids)

    def views(self, inputs: views_lib.Inputs) -> list[views_lib.View]:
        """All classes of an example together."""
        return [inputs.view(base.view_spec(self.combiner, sub_key=None, flatten=False))]

    def update(self, views: list[views_lib.View]) -> Iterator[base.Contribution]:
        """The weighted label of each class."""
        (view,) = views
        classes = view.label.shape[2]
        for bucket, class_id in enumerate(self._class_ids):
            if classes == 1:
                label = (view.label == class_id).astype(np.float64)
            elif class_id < classes:
                label = view.label[:, :, class_id : class_id + 1].astype(np.float64)
            else:
                raise views_lib.UnsupportedError(f"class {class_id} is not among the labels")
            yield bucket, [label * view.weight.astype(np.float64)]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> dict[int, float]:
        """Total label by class."""
        totals = np.zeros(self.buckets)
        totals[buckets] = values[:, 0]
        return dict(zip(self._class_ids, totals.tolist(), strict=True))
