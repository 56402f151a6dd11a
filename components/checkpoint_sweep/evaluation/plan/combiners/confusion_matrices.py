"""Confusion matrices of multi-class and multi-label models."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import multi_class_confusion_matrix_metrics as multi_class

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners import base
from checkpoint_sweep.evaluation.plan.metric_inputs import (
    Batch,
    MetricInputs,
    UnsupportedError,
    one_hot,
)

_CLASSES = 1 << 13  # Classes that a bucket can name; sums are sparse, so this costs nothing.
_NONE = _CLASSES - 1  # Stands for NO_PREDICTED_CLASS_ID.


class _Matrices(base.VectorizedCombiner):
    """A vectorized combiner whose buckets stand for a threshold and two classes."""

    def __init__(self, combiner: Any) -> None:
        super().__init__(combiner)
        self._thresholds = tfma_internals.matrix_thresholds(combiner)

    @property
    def buckets(self) -> int:
        """Number of thresholds times pairs of classes."""
        return len(self._thresholds) * _CLASSES**2

    def inputs(self, batch: Batch) -> list[MetricInputs]:
        """Makes one input, with all classes of an example together."""
        given = batch.inputs(base.input_spec(self.combiner, sub_key=None, flatten=False))
        classes = given.prediction.shape[2]
        if classes < 2 or classes >= _NONE:
            raise UnsupportedError(f"{classes} classes")
        if given.label.shape[2] not in (1, classes):
            raise UnsupportedError("labels and predictions cannot be paired")
        sparse = given.label.shape[2] == 1
        if sparse and ((given.label < 0) | (given.label >= _NONE)).any():
            raise UnsupportedError("a label is not the number of a class")
        return [given]

    def entries(self, buckets: np.ndarray, values: np.ndarray) -> Iterator[tuple]:
        """Yields the threshold, the two classes and the values of each bucket."""
        for bucket, row in zip(buckets.tolist(), values.tolist(), strict=True):
            threshold, pair = divmod(bucket, _CLASSES**2)
            actual, predicted = divmod(pair, _CLASSES)
            yield self._thresholds[threshold], actual, predicted, row


class MultiClassConfusionMatrix(_Matrices):
    """Weight by actual class and top predicted class, if that is above a threshold."""

    combines = tfma_internals.MultiClassMatrixCombiner

    def update(self, inputs: list[MetricInputs]) -> Iterator[base.Contribution]:
        """Yields the weights of each threshold; thresholds apply one after another, as in TFMA."""
        (given,) = inputs
        sparse = given.label.shape[2] == 1
        actual = given.label[:, :, 0].astype(int) if sparse else given.label.argmax(axis=2)
        predicted = given.prediction.argmax(axis=2)
        top = np.take_along_axis(given.prediction, predicted[:, :, None], 2)[:, :, 0]
        top = tfma_internals.as_compared(top)
        below = np.zeros(top.shape, bool)
        for index, threshold in enumerate(self._thresholds):
            below |= top <= threshold
            pair = actual * _CLASSES + np.where(below, _NONE, predicted)
            yield (index * _CLASSES**2 + pair)[:, :, None], [given.weight]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> multi_class.Matrices:
        """Makes TFMA's matrices by threshold."""
        result = multi_class.Matrices()
        if buckets.size:
            result.update({threshold: {} for threshold in self._thresholds})
        for threshold, actual, predicted, (weight,) in self.entries(buckets, values):
            if predicted == _NONE:
                predicted = multi_class.NO_PREDICTED_CLASS_ID
            result[threshold][multi_class.MatrixEntryKey(actual, predicted)] = weight
        return result


class MultiLabelConfusionMatrix(_Matrices):
    """For each actual class, the binary confusion matrix of each class at thresholds."""

    combines = tfma_internals.MultiLabelMatrixCombiner
    columns = 5  # The four cells, and the number of examples: an entry exists if there is one.

    def update(self, inputs: list[MetricInputs]) -> Iterator[base.Contribution]:
        """Yields the cells of each threshold and actual class."""
        (given,) = inputs
        label, classes = given.label, given.prediction.shape[2]
        if label.shape[2] == 1:
            label = one_hot(label, classes)
        positive = label != 0
        prediction = tfma_internals.as_compared(given.prediction)
        for index, threshold in enumerate(self._thresholds):
            above = prediction > threshold
            cells = (positive & ~above, ~positive & ~above, ~positive & above, positive & above)
            for actual in range(classes):
                present = positive[:, :, actual : actual + 1]
                weight = given.weight * present
                bucket = index * _CLASSES**2 + actual * _CLASSES + np.arange(classes)
                yield bucket, [*(cell * weight for cell in cells), present]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Any:
        """Makes TFMA's matrices by threshold."""
        result: dict[float, dict] = {}
        if buckets.size:
            result = {threshold: {} for threshold in self._thresholds}
        for threshold, actual, predicted, (*cells, present) in self.entries(buckets, values):
            if present:
                matrix = tfma_internals.MultiLabelMatrix()
                (
                    matrix.false_negatives,
                    matrix.true_negatives,
                    matrix.false_positives,
                    matrix.true_positives,
                ) = cells
                result[threshold][tfma_internals.MultiLabelMatrixKey(actual, predicted)] = matrix
        return result
