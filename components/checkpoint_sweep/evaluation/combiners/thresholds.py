"""Twins of the histogram and the confusion matrices behind TFMA's thresholded binary metrics."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from checkpoint_sweep.evaluation import metric_inputs as views_lib
from checkpoint_sweep.evaluation.combiners import base
from tensorflow_model_analysis.contrib.aggregates import binary_confusion_matrices as aggregates
from tensorflow_model_analysis.metrics import binary_confusion_matrices, calibration_histogram


class CalibrationHistogram(base.Twin):
    """Labels, predictions and examples by bucket of the prediction: AUC, plots and many others."""

    combines = calibration_histogram._CalibrationHistogramCombiner
    columns = 3

    @classmethod
    def unsupported(cls, combiner: Any) -> str | None:
        """Buckets by label, a rare option, are TFMA's own."""
        if not combiner._prediction_based_bucketing:
            return "it groups by label"
        return super().unsupported(combiner)

    @property
    def buckets(self) -> int:
        """One below the range, one above, and those between."""
        return self.combiner._num_buckets + 2

    def views(self, inputs: views_lib.Inputs) -> list[views_lib.View]:
        """Each class is an example of its own."""
        spec = base.view_spec(self.combiner, fractional=self.combiner._fractional_labels)
        return [inputs.view(spec)]

    def update(self, views: list[views_lib.View]) -> Iterator[base.Contribution]:
        """Weighted label, prediction and example; both halves of a fractional label together."""
        (view,) = views
        number = self.combiner._num_buckets
        prediction = view.prediction.astype(np.float64)
        scaled = (prediction - self.combiner._left) / self.combiner._range * number + 1
        bucket = np.where(scaled < 0, 0, np.minimum(scaled, number + 1)).astype(np.int64)
        weight = view.weight.astype(np.float64)
        positive = view.label * weight
        total = weight * (1 - view.label) + positive if self.combiner._fractional_labels else weight
        # An example without weight adds nothing, also where top-k left a prediction of -inf.
        with np.errstate(invalid="ignore"):
            weighted = np.where(total == 0, 0.0, prediction * total)
        yield bucket, [positive, weighted, total]

    def accumulator(
        self, buckets: np.ndarray, values: np.ndarray
    ) -> dict[int, calibration_histogram.Bucket]:
        """TFMA's buckets by index."""
        return {
            index: calibration_histogram.Bucket(index, *totals)
            for index, totals in zip(buckets.tolist(), values.tolist(), strict=True)
        }

    def output(self, buckets: np.ndarray, values: np.ndarray) -> dict[Any, Any]:
        """The histogram, whose buckets become objects only if something asks for them."""
        return {self.combiner._key: ArrayHistogram(buckets, values)}


class ArrayHistogram(Sequence):
    """A ``calibration_histogram.Histogram`` that is held as arrays.

    Args:
        buckets: (nnz,) int64, ascending.
        values: (nnz, 3) float64, weighted labels, predictions and examples.
    """

    def __init__(self, buckets: np.ndarray, values: np.ndarray) -> None:
        self.buckets = buckets
        self.values = values

    def __len__(self) -> int:
        return self.buckets.size

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return calibration_histogram.Bucket(int(self.buckets[index]), *self.values[index].tolist())


class BinaryConfusionMatrix(base.Twin):
    """True and false positives and negatives at given thresholds."""

    combines = binary_confusion_matrices._BinaryConfusionMatrixCombiner

    def __init__(self, combiner: Any) -> None:
        super().__init__(combiner)
        self._thresholds = np.unique(combiner._binary_confusion_matrices._thresholds)

    @classmethod
    def unsupported(cls, combiner: Any) -> str | None:
        """Samples of example ids, and labels compared with thresholds, are TFMA's own."""
        if combiner._example_id_key:
            return "it samples example ids"
        if not combiner._enable_fractional_labels:
            return "it compares labels with the thresholds"
        if np.isnan(combiner._binary_confusion_matrices._thresholds).any():
            return "a threshold is NaN"
        return super().unsupported(combiner)

    @property
    def buckets(self) -> int:
        """By number of thresholds below the prediction, for either label."""
        return 2 * (self._thresholds.size + 1)

    def views(self, inputs: views_lib.Inputs) -> list[views_lib.View]:
        """Each class is an example of its own."""
        return [inputs.view(base.view_spec(self.combiner, fractional=True))]

    def update(self, views: list[views_lib.View]) -> Iterator[base.Contribution]:
        """Weight by label and number of thresholds below the prediction."""
        (view,) = views
        below = np.searchsorted(self._thresholds, view.prediction.astype(np.float64))
        positive = view.weight * view.label
        if np.isin(view.label, (0, 1)).all():
            yield 2 * below + (view.label == 1), [view.weight]
        else:
            yield 2 * below, [view.weight * (1 - view.label)]
            yield 2 * below + 1, [positive]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> aggregates.MatrixAccumulator:
        """TFMA's matrices by threshold."""
        weights = np.zeros(self.buckets)
        weights[buckets] = values[:, 0]
        below = np.cumsum(weights.reshape(-1, 2), axis=0)  # Predictions not above a threshold.
        above = np.cumsum(weights.reshape(-1, 2)[::-1], axis=0)[::-1]
        result = {}
        for threshold in self.combiner._binary_confusion_matrices._thresholds:
            index = int(np.searchsorted(self._thresholds, threshold))
            (tn, fn), (fp, tp) = below[index].tolist(), above[index + 1].tolist()
            result[threshold] = aggregates._ThresholdEntry(
                aggregates.Matrix(tp=tp, tn=tn, fp=fp, fn=fn), [], [], [], []
            )
        return result
