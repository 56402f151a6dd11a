"""The histogram and the confusion matrices behind TFMA's thresholded binary metrics."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis.contrib.aggregates import binary_confusion_matrices as aggregates
from tensorflow_model_analysis.metrics import calibration_histogram

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners import base
from checkpoint_sweep.evaluation.plan.combiners.rows import Column, Columns, RowSums
from checkpoint_sweep.evaluation.plan.metric_inputs import Batch, MetricInputs


class CalibrationHistogram(base.VectorizedCombiner):
    """Labels, predictions and examples by bucket of the prediction: AUC, plots and many others."""

    combines = tfma_internals.HistogramCombiner
    columns = 3

    def __init__(self, combiner: Any) -> None:
        super().__init__(combiner)
        self._settings = tfma_internals.histogram_settings(combiner)

    @classmethod
    def unsupported_reason(cls, combiner: Any) -> str | None:
        """Refuses buckets by label, a rare option, which are left to TFMA's own code."""
        if not tfma_internals.histogram_settings(combiner).by_prediction:
            return "it groups by label"
        return super().unsupported_reason(combiner)

    @property
    def buckets(self) -> int:
        """Number of buckets: one below the range, one above, and those between."""
        return self._settings.buckets + 2

    def inputs(self, batch: Batch) -> list[MetricInputs]:
        """Makes one input, in which each class is an example of its own."""
        fractional = self._settings.fractional_labels
        return [batch.inputs(base.input_spec(self.combiner, fractional=fractional))]

    def update(self, inputs: list[MetricInputs]) -> Iterator[base.Contribution]:
        """Yields weighted label, prediction and example, of a fractional label as a whole."""
        (given,) = inputs
        number = self._settings.buckets
        prediction = given.prediction.astype(np.float64)
        scaled = (prediction - self._settings.left) / self._settings.width * number + 1
        bucket = np.where(scaled < 0, 0, np.minimum(scaled, number + 1)).astype(np.int64)
        weight = given.weight.astype(np.float64)
        positive = given.label * weight
        total = (
            weight * (1 - given.label) + positive if self._settings.fractional_labels else weight
        )
        # An example without weight adds nothing, also where top-k left a prediction of -inf.
        with np.errstate(invalid="ignore"):
            weighted = np.where(total == 0, 0.0, prediction * total)
        yield bucket, [positive, weighted, total]

    def accumulator(
        self, buckets: np.ndarray, values: np.ndarray
    ) -> dict[int, calibration_histogram.Bucket]:
        """Makes TFMA's buckets by index."""
        buckets, values = self._counted(buckets, values)
        return {
            index: calibration_histogram.Bucket(index, *totals)
            for index, totals in zip(buckets.tolist(), values.tolist(), strict=True)
        }

    def output(self, buckets: np.ndarray, values: np.ndarray) -> dict[Any, Any]:
        """Makes the histogram, whose buckets become objects only if something asks for them."""
        return {self._settings.key: ArrayHistogram(*self._counted(buckets, values))}

    def columns_of(self, rows: RowSums) -> Columns:
        """Keeps the histograms of all rows together."""
        if self._settings.fractional_labels:
            rows = rows.only(rows.values[:, 2] != 0)
        return {self._settings.key: HistogramColumn(rows)}

    def columns_of_samples(self, rows: RowSums, present: np.ndarray) -> Columns:
        """Keeps the buckets of all samples: without examples they leave a curve where it is."""
        return {self._settings.key: HistogramColumn(rows)}

    def _counted(self, buckets: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Keeps the buckets that TFMA has: of fractional labels, it drops parts without weight."""
        if not self._settings.fractional_labels:
            return buckets, values
        kept = values[:, 2] != 0
        return (buckets, values) if kept.all() else (buckets[kept], values[kept])


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


class HistogramColumn(Column):
    """Histograms of several rows.

    Attributes:
        rows: Weighted labels, predictions and examples by bucket.
    """

    def __init__(self, rows: RowSums) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def value(self, row: int) -> ArrayHistogram:
        """Makes the histogram of a row."""
        return ArrayHistogram(*self.rows.row(row))


class BinaryConfusionMatrix(base.VectorizedCombiner):
    """True and false positives and negatives at given thresholds."""

    combines = tfma_internals.BinaryMatrixCombiner

    def __init__(self, combiner: Any) -> None:
        super().__init__(combiner)
        self._given = tfma_internals.binary_matrix_settings(combiner).thresholds
        self._thresholds = np.unique(self._given)

    @classmethod
    def unsupported_reason(cls, combiner: Any) -> str | None:
        """Refuses samples of example ids, and labels that are compared with thresholds."""
        settings = tfma_internals.binary_matrix_settings(combiner)
        if settings.samples_examples:
            return "it samples example ids"
        if not settings.fractional_labels:
            return "it compares labels with the thresholds"
        if np.isnan(settings.thresholds).any():
            return "a threshold is NaN"
        return super().unsupported_reason(combiner)

    @property
    def buckets(self) -> int:
        """Number of buckets: one for each number of thresholds below a prediction, and label."""
        return 2 * (self._thresholds.size + 1)

    def inputs(self, batch: Batch) -> list[MetricInputs]:
        """Makes one input, in which each class is an example of its own."""
        return [batch.inputs(base.input_spec(self.combiner, fractional=True))]

    def update(self, inputs: list[MetricInputs]) -> Iterator[base.Contribution]:
        """Yields the weight by label and number of thresholds below the prediction."""
        (given,) = inputs
        below = np.searchsorted(self._thresholds, given.prediction.astype(np.float64))
        positive = given.weight * given.label
        if np.isin(given.label, (0, 1)).all():
            yield 2 * below + (given.label == 1), [given.weight]
        else:
            yield 2 * below, [given.weight * (1 - given.label)]
            yield 2 * below + 1, [positive]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> aggregates.MatrixAccumulator:
        """Makes TFMA's matrices by threshold."""
        rows = RowSums(buckets, values, np.array([0, buckets.size]))
        accumulator: aggregates.MatrixAccumulator = self._column(rows).value(0)
        return accumulator

    def columns_of(self, rows: RowSums) -> Columns:
        """Makes TFMA's matrices, which are what its combiner gives, if they are asked for."""
        (key,) = self.combiner.extract_output(self.combiner.create_accumulator())
        return {key: self._column(rows)}

    def _column(self, rows: RowSums) -> "MatricesByThreshold":
        weights = np.zeros((len(rows), self.buckets))
        weights[rows.row_of_entry(), rows.buckets] = rows.values[:, 0]
        weights = weights.reshape(len(rows), -1, 2)
        below = np.cumsum(weights, axis=1)  # Predictions not above a threshold.
        above = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
        index = np.searchsorted(self._thresholds, self._given)
        (tn, fn), (fp, tp) = (
            np.moveaxis(below[:, index], 2, 0),
            np.moveaxis(above[:, index + 1], 2, 0),
        )
        return MatricesByThreshold(self._given, np.stack([tp, tn, fp, fn], axis=1))


class MatricesByThreshold(Column):
    """TFMA's accumulators of confusion matrices in several rows.

    Attributes:
        thresholds: Thresholds of the matrices.
        cells: True positives, true negatives, false positives and false negatives,
            (rows, 4, thresholds) float64.
    """

    def __init__(self, thresholds: Sequence[float], cells: np.ndarray) -> None:
        self.thresholds = thresholds
        self.cells = cells

    def __len__(self) -> int:
        return len(self.cells)

    def value(self, row: int) -> aggregates.MatrixAccumulator:
        """Makes the accumulator of a row."""
        return {
            threshold: tfma_internals.ThresholdEntry(
                aggregates.Matrix(tp=tp, tn=tn, fp=fp, fn=fn), [], [], [], []
            )
            for threshold, tp, tn, fp, fn in zip(
                self.thresholds, *self.cells[row].tolist(), strict=True
            )
        }
