"""TFMA's plots of thousands of numbers, held as arrays until they are written."""

import dataclasses
import functools
from typing import Any, ClassVar

import numpy as np
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plots import wire


class ArrayPlot:
    """A plot of one slice and model, with the attributes of its proto.

    Attributes:
        message: Class of the proto.
    """

    message: ClassVar[Any]

    def serialize(self) -> bytes:
        """Returns the bytes that the proto would serialize to."""
        raise NotImplementedError

    def proto(self) -> Any:
        """Returns the proto."""
        return self.message.FromString(self.serialize())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.proto(), name)


@dataclasses.dataclass(frozen=True)
class CalibrationBuckets(ArrayPlot):
    """A calibration plot.

    Attributes:
        bounds: Lowest and highest finite bound of the buckets, and the number of buckets between
            them.
        filled: (nnz,) int64, buckets that have examples.
        sums: (nnz, 3) float64, their weighted labels, predictions and examples.
    """

    bounds: tuple[float, float, int]
    filled: np.ndarray
    sums: np.ndarray
    message: ClassVar[Any] = metrics_for_slice_pb2.CalibrationHistogramBuckets

    def serialize(self) -> bytes:
        """Returns the bytes of a ``CalibrationHistogramBuckets``."""
        thresholds = calibration_thresholds(*self.bounds)
        dense = np.zeros((3, thresholds.size))
        dense[:, self.filled] = self.sums.T
        return _calibration_writer().serialize(
            {
                "lower_threshold_inclusive": thresholds,
                "upper_threshold_exclusive": np.append(thresholds[1:], np.inf),
                "total_weighted_label": dense[0],
                "total_weighted_refined_prediction": dense[1],
                "num_weighted_examples": dense[2],
            }
        )


@dataclasses.dataclass(frozen=True)
class ThresholdMatrices(ArrayPlot):
    """Confusion matrices at thresholds, with the ratios that TFMA computes of them for a plot.

    Attributes:
        thresholds: (thresholds,) float64, ascending.
        cells: (4, thresholds) true positives, true negatives, false positives, false negatives.
    """

    thresholds: np.ndarray
    cells: np.ndarray
    message: ClassVar[Any] = metrics_for_slice_pb2.ConfusionMatrixAtThresholds

    def serialize(self) -> bytes:
        """Returns the bytes of a ``ConfusionMatrixAtThresholds``.

        Source: ``Matrices.to_proto`` of TFMA 0.46 and 0.52.
        """
        tp, tn, fp, fn = self.cells
        nothing = tfma_internals.ratio_of_nothing()
        with np.errstate(divide="ignore", invalid="ignore"):
            precision = _ratio(tp, tp + fp, 1.0)
            recall = _ratio(tp, tp + fn, 0.0)
            columns = {
                "f1": _ratio(2 * precision * recall, precision + recall, nothing),
                "accuracy": _ratio(tp + tn, tp + tn + fp + fn, nothing),
                "false_positive_rate": _ratio(fp, tn + fp, nothing),
                "false_omission_rate": fn / (tn + fn),
            }
        columns |= {
            "threshold": self.thresholds,
            "true_positives": tp,
            "true_negatives": tn,
            "false_positives": fp,
            "false_negatives": fn,
            "precision": precision,
            "recall": recall,
        }
        return _matrices_writer(tuple(columns)).serialize(columns)


def _ratio(numerator: np.ndarray, denominator: np.ndarray, nothing: float | None) -> np.ndarray:
    quotient = numerator / denominator
    return quotient if nothing is None else np.where(denominator > 0, quotient, nothing)


@functools.lru_cache
def calibration_thresholds(left: float, right: float, number: int) -> np.ndarray:
    """Computes the lower bounds of the buckets of TFMA's calibration plot."""
    inner = [left + i * (right - left) / number for i in range(number + 1)]
    return np.array([-np.inf, *inner])


@functools.lru_cache
def plot_thresholds(thresholds: tuple[float, ...]) -> np.ndarray:
    """Rounds thresholds as TFMA does for a plot of confusion matrices."""
    return np.array([round(threshold, 6) for threshold in thresholds])


@functools.cache
def _calibration_writer() -> wire.RepeatedDoubles:
    field = CalibrationBuckets.message.DESCRIPTOR.fields_by_name["buckets"]
    return wire.RepeatedDoubles(field, [inner.name for inner in field.message_type.fields])


@functools.cache
def _matrices_writer(names: tuple[str, ...]) -> wire.RepeatedDoubles:
    field = ThresholdMatrices.message.DESCRIPTOR.fields_by_name["matrices"]
    return wire.RepeatedDoubles(field, list(names))
