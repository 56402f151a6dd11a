"""Twins of the confusion matrices of multi-class and multi-label models."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from checkpoint_sweep.evaluation import metric_inputs as views_lib
from checkpoint_sweep.evaluation.combiners import base
from tensorflow_model_analysis.metrics import multi_class_confusion_matrix_metrics as multi_class
from tensorflow_model_analysis.metrics import multi_label_confusion_matrix_plot as multi_label

_CLASSES = 1 << 13  # Classes that a bucket can name; sums are sparse, so this costs nothing.
_NONE = _CLASSES - 1  # Stands for NO_PREDICTED_CLASS_ID.


class _Matrices(base.Twin):
    """Buckets name a threshold and two classes."""

    @property
    def buckets(self) -> int:
        """Every threshold and pair of classes."""
        return len(self.combiner._thresholds) * _CLASSES**2

    def views(self, inputs: views_lib.Inputs) -> list[views_lib.View]:
        """All classes of an example together."""
        spec = base.view_spec(self.combiner, sub_key=None, flatten=False)
        view = inputs.view(spec)
        classes = view.prediction.shape[2]
        if classes < 2 or classes >= _NONE:
            raise views_lib.UnsupportedError(f"{classes} classes")
        if view.label.shape[2] not in (1, classes):
            raise views_lib.UnsupportedError("labels and predictions cannot be paired")
        sparse = view.label.shape[2] == 1
        if sparse and ((view.label < 0) | (view.label >= _NONE)).any():
            raise views_lib.UnsupportedError("a label is not the number of a class")
        return [view]

    def entries(self, buckets: np.ndarray, values: np.ndarray) -> Iterator[tuple]:
        """The threshold, the two classes and the values of each bucket."""
        for bucket, row in zip(buckets.tolist(), values.tolist(), strict=True):
            threshold, pair = divmod(bucket, _CLASSES**2)
            actual, predicted = divmod(pair, _CLASSES)
            yield self.combiner._thresholds[threshold], actual, predicted, row


class MultiClassConfusionMatrix(_Matrices):
    """Weight by actual class and top predicted class, if that is above a threshold."""

    combines = multi_class._MultiClassConfusionMatrixCombiner

    def update(self, views: list[views_lib.View]) -> Iterator[base.Contribution]:
        """The weights of each threshold; thresholds apply one after another, as in TFMA."""
        (view,) = views
        sparse = view.label.shape[2] == 1
        actual = view.label[:, :, 0].astype(int) if sparse else view.label.argmax(axis=2)
        predicted = view.prediction.argmax(axis=2)
        top = np.take_along_axis(view.prediction, predicted[:, :, None], 2)[:, :, 0]
        below = np.zeros(top.shape, bool)
        for index, threshold in enumerate(self.combiner._thresholds):
            below |= top <= threshold
            pair = actual * _CLASSES + np.where(below, _NONE, predicted)
            yield (index * _CLASSES**2 + pair)[:, :, None], [view.weight]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> multi_class.Matrices:
        """TFMA's matrices by threshold."""
        result = multi_class.Matrices()
        if buckets.size:
            result.update({threshold: {} for threshold in self.combiner._thresholds})
        for threshold, actual, predicted, (weight,) in self.entries(buckets, values):
            if predicted == _NONE:
                predicted = multi_class.NO_PREDICTED_CLASS_ID
            result[threshold][multi_class.MatrixEntryKey(actual, predicted)] = weight
        return result


class MultiLabelConfusionMatrix(_Matrices):
    """For each actual class, the binary confusion matrix of each class at thresholds."""

    combines = multi_label._MultiLabelConfusionMatrixPlotCombiner
    columns = 5  # The four cells, and the number of examples: an entry exists if there is one.

    def update(self, views: list[views_lib.View]) -> Iterator[base.Contribution]:
        """The cells of each threshold and actual class."""
        (view,) = views
        label, classes = view.label, view.prediction.shape[2]
        if label.shape[2] == 1:
            label = views_lib._one_hot(label, classes)
        positive = label != 0
        for index, threshold in enumerate(self.combiner._thresholds):
            above = view.prediction > threshold
            cells = (positive & ~above, ~positive & ~above, ~positive & above, positive & above)
            for actual in range(classes):
                present = positive[:, :, actual : actual + 1]
                weight = view.weight * present
                bucket = index * _CLASSES**2 + actual * _CLASSES + np.arange(classes)
                yield bucket, [*(cell * weight for cell in cells), present]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Any:
        """TFMA's matrices by threshold."""
        result: dict[float, dict] = {}
        if buckets.size:
            result = {threshold: {} for threshold in self.combiner._thresholds}
        for threshold, actual, predicted, (*cells, present) in self.entries(buckets, values):
            if present:
                matrix = multi_label._ConfusionMatrix()
                (
                    matrix.false_negatives,
                    matrix.true_negatives,
                    matrix.false_positives,
                    matrix.true_positives,
                ) = cells
                result[threshold][multi_label._MatrixEntryKey(actual, predicted)] = matrix
        return result
