"""TFMA's mean regression errors and cross entropies."""

from collections.abc import Sequence

import numpy as np

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners import base


class _MeanError(base.TotalsCombiner):
    """Weighted mean of an error per example; examples whose error is NaN do not count."""

    fields = ("total_regression_error", "total_example_weights")

    def error(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Computes the error of each example."""
        raise NotImplementedError

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Computes weighted error and weight."""
        with np.errstate(divide="ignore", invalid="ignore"):
            error = self.error(label, prediction).astype(np.float64)
        counts = ~np.isnan(error)
        weight = np.where(counts, weight, 0.0)
        return np.where(counts, error, 0.0) * weight, weight


class AbsoluteError(_MeanError):
    """``|label - prediction|``."""

    combines = tfma_internals.AbsoluteErrorCombiner

    def error(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Computes the absolute error."""
        return np.absolute(label - prediction)


class SquaredError(_MeanError):
    """``(label - prediction)^2``."""

    combines = tfma_internals.SquaredErrorCombiner

    def error(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Computes the squared error."""
        return np.absolute(label - prediction).astype(np.float64) ** 2


class AbsolutePercentageError(_MeanError):
    """``100 |label - prediction| / |label|``; a label of 0 does not count."""

    combines = tfma_internals.PercentageErrorCombiner

    def error(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Computes the absolute percentage error; NaN for a label of 0."""
        error = 100 * np.absolute((label - prediction) / label).astype(np.float64)
        return np.where(label == 0, np.nan, error)


class SquaredLogarithmicError(_MeanError):
    """``(log(label + 1) - log(prediction + 1))^2``."""

    combines = tfma_internals.LogarithmicErrorCombiner

    def error(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Computes the squared logarithmic error."""
        return np.absolute(np.log(label + 1) - np.log(prediction + 1)).astype(np.float64) ** 2


class _CrossEntropy(base.TotalsCombiner):
    """Weighted mean of the cross entropy of an example."""

    fields = ("total_cross_entropy", "total_example_weights")
    flatten = False

    def entropy(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Computes the cross entropy of each example, with a last dimension of 1."""
        raise NotImplementedError

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Computes weighted cross entropy and weight."""
        return self.entropy(label, prediction).astype(np.float64) * weight, weight


class BinaryCrossEntropy(_CrossEntropy):
    """``-y log p - (1 - y) log(1 - p)``, averaged over the outputs of an example."""

    combines = tfma_internals.BinaryCrossEntropyCombiner

    def entropy(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Computes the binary cross entropy."""
        from_logits, smoothing = tfma_internals.cross_entropy_settings(self.combiner)
        label = label * (1.0 - smoothing) + 0.5 * smoothing
        with np.errstate(divide="ignore", invalid="ignore"):
            if from_logits:
                entropy = (
                    np.maximum(prediction, 0)
                    - prediction * label
                    + np.log(1 + np.exp(-np.abs(prediction)))
                )
            else:
                entropy = -_times(label, np.log(prediction)) - _times(
                    1 - label, np.log(1 - prediction)
                )
        mean: np.ndarray = entropy.mean(axis=-1, keepdims=True)
        return mean


def _times(share: np.ndarray, logarithm: np.ndarray) -> np.ndarray:
    """Multiplies, and gives 0 where the share is 0: the limit of ``x log x``."""
    product: np.ndarray = np.where(share == 0, 0, share * logarithm)
    return product


class CategoricalCrossEntropy(_CrossEntropy):
    """``-sum(y log p)`` over classes, with ``p`` normalised."""

    combines = tfma_internals.CategoricalCrossEntropyCombiner

    def entropy(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Computes the categorical cross entropy."""
        from_logits, smoothing = tfma_internals.cross_entropy_settings(self.combiner)
        label = label * (1.0 - smoothing) + smoothing / prediction.shape[-1]
        if from_logits:
            prediction = np.exp(prediction)
        prediction = prediction / prediction.sum(axis=-1, keepdims=True)
        positive = prediction > 0
        logarithm = np.where(positive, np.log(np.where(positive, prediction, 1)), 0)
        entropy: np.ndarray = -(label * logarithm).sum(axis=-1, keepdims=True)
        return entropy
