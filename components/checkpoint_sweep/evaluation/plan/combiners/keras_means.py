"""Keras metrics that are means of a function, or roots of such."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.utils import model_util
from tensorflow_model_analysis.utils.keras_lib import tf_keras

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners import base
from checkpoint_sweep.evaluation.plan.metric_inputs import (
    Batch,
    InputSpec,
    MetricInputs,
    UnsupportedError,
)

# Buckets of one metric. Keras converts the labels of a hinge from 0 and 1 to -1 and 1 if those of
# a whole batch are 0 and 1. A slice is a batch here, so both sums are kept until it is complete.
_MEAN, _CONVERTED, _LABELS = range(3)
_BUCKETS = 3


@dataclasses.dataclass(frozen=True)
class _Metric:
    """One Keras metric and its place in TFMA's accumulator."""

    output: int
    output_name: str
    index: int
    metric: Any

    @property
    def is_root(self) -> bool:
        """Whether the result is the root of the mean."""
        return type(self.metric) is tf_keras.metrics.RootMeanSquaredError

    @property
    def hinge_power(self) -> int | None:
        """Power of a hinge: 1, or 2 for a squared one; None for another function."""
        return tfma_internals.keras_hinge_power(self.metric)

    def values(self, label: tf.Tensor, prediction: tf.Tensor) -> tf.Tensor:
        """Computes the function whose mean the metric is, for each example."""
        if self.is_root:
            return tf.math.squared_difference(prediction, label)
        if power := self.hinge_power:
            # Not Keras's own, which looks at the labels of the whole batch.
            hinge = tf.maximum(1.0 - label * prediction, 0.0)
            return tf.reduce_mean(hinge**power, axis=-1)
        function = tfma_internals.keras_function(self.metric)
        assert function is not None
        return function(label, prediction)


class KerasMeans(base.VectorizedCombiner):
    """Keras metrics of the kind ``MeanMetricWrapper``: the function runs once per batch.

    ``RootMeanSquaredError`` is one more: it holds the mean of the squared error and takes the root
    at the end.
    """

    combines = tfma_internals.KerasCombiner
    columns = 2

    def __init__(self, combiner: Any) -> None:
        super().__init__(combiner)
        self._metrics = _metrics(combiner)

    @classmethod
    def unsupported_reason(cls, combiner: Any) -> str | None:
        """Refuses metrics whose states are not sums over examples."""
        for found in _metrics(combiner):
            if not found.is_root and tfma_internals.keras_function(found.metric) is None:
                return f"{type(found.metric).__name__} is not the mean of a function"
        if tfma_internals.keras_takes_top_k(combiner):
            return "top_k within the metric"
        settings = tfma_internals.settings(combiner)
        if settings.eval_config is not None:
            spec = model_util.get_model_spec(settings.eval_config, settings.model_name)
            if spec is not None and spec.HasField("padding_options"):
                return "padding_options"
        return super().unsupported_reason(combiner)

    @property
    def buckets(self) -> int:
        """Number of buckets of all metrics."""
        return len(self._metrics) * _BUCKETS

    def inputs(self, batch: Batch) -> list[MetricInputs]:
        """Makes the inputs of each metric; flat only for a micro average.

        Raises:
            UnsupportedError: The metric is a root over several values of an example, each of which
                Keras counts; a hinge, and an example does not fit arrays; or examples differ in
                their number of labels or weights, which TFMA refuses.
        """
        found = []
        weighted = tfma_internals.settings(self.combiner).example_weighted
        for metric in self._metrics:
            if batch.ragged(metric.output_name, weighted):
                raise UnsupportedError("labels or example weights are ragged")
            given = batch.inputs(self._spec(metric))
            values = max(given.label.shape[2], given.prediction.shape[2])
            if metric.hinge_power and not given.regular.all():
                raise UnsupportedError("labels that decide over each other's conversion")
            if metric.is_root and values != given.weight.shape[2]:
                raise UnsupportedError("not one output")
            found.append(given)
        return found

    def _spec(self, metric: _Metric) -> InputSpec:
        aggregation = tfma_internals.settings(self.combiner).aggregation_type
        flatten = bool(aggregation and aggregation.micro_average)
        return base.input_spec(self.combiner, output_name=metric.output_name, flatten=flatten)

    def update(self, inputs: list[MetricInputs]) -> Iterator[base.Contribution]:
        """Yields the weighted value of each metric and the weight."""
        for number, (metric, given) in enumerate(zip(self._metrics, inputs, strict=True)):
            first = number * _BUCKETS
            yield first + _MEAN, _means(metric, given, given.label)
            if metric.hinge_power:
                yield first + _CONVERTED, _means(metric, given, _as_binary(given.label))
                zero = given.label == 0
                other = ~zero & (given.label != 1)
                yield first + _LABELS, [zero.any(-1, keepdims=True), other.any(-1, keepdims=True)]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Any:
        """Makes TFMA's accumulator, with each metric's total and count."""
        result = self.combiner.create_accumulator()
        for metric, totals in zip(self._metrics, self._totals(buckets, values), strict=True):
            result.add_weights(metric.output, metric.index, totals)
        return result

    def output(self, buckets: np.ndarray, values: np.ndarray) -> dict[Any, Any]:
        """Divides totals by counts in float32, as Keras does, without TensorFlow.

        Setting and reading the variables of a Keras metric takes milliseconds, for every metric,
        slice and model.
        """
        settings = tfma_internals.settings(self.combiner)
        result = {}
        totals = self._totals(buckets, values).astype(np.float32)
        for (total, count), metric in zip(totals, self._metrics, strict=True):
            key = metric_types.MetricKey(
                name=metric.metric.name,
                model_name=settings.model_name,
                output_name=metric.output_name,
                sub_key=settings.sub_key,
                example_weighted=settings.example_weighted,
            )
            mean = total / count if count else np.float32(0)
            result[key] = np.sqrt(mean) if metric.is_root else mean
        return result

    def _totals(self, buckets: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Computes the total and the count of each metric, (metrics, 2)."""
        sums = np.zeros((len(self._metrics) * _BUCKETS, 2))
        sums[buckets] = values
        by_metric = sums.reshape(len(self._metrics), _BUCKETS, 2)
        zeros, others = by_metric[:, _LABELS].T
        converted = (zeros > 0) & (others == 0)
        chosen: np.ndarray = np.where(
            converted[:, None], by_metric[:, _CONVERTED], by_metric[:, _MEAN]
        )
        return chosen


def _metrics(combiner: Any) -> list[_Metric]:
    return [
        _Metric(output, name, index, metric)
        for output, (name, metrics) in enumerate(tfma_internals.keras_metrics(combiner))
        for index, metric in enumerate(metrics)
    ]


def _as_binary(label: np.ndarray) -> np.ndarray:
    """Converts labels of 0 and 1 to -1 and 1; others are left, and do not count."""
    return np.where(label == 0, -1, label)


def _means(metric: _Metric, given: MetricInputs, label: np.ndarray) -> list[np.ndarray]:
    """Computes weighted values and weights, both (models, examples, 1 or values)."""
    shape = given.prediction.shape
    flat = given.weight.shape[2] > 1
    label = np.broadcast_to(label, (*shape[:2], label.shape[2]))
    label = label.reshape(-1, 1 if flat else label.shape[2])
    prediction = given.prediction.reshape(-1, 1 if flat else shape[2])
    dtype = metric.metric.dtype
    result = metric.values(tf.cast(label, dtype), tf.cast(prediction, dtype))
    values = np.asarray(result, np.float64).reshape(len(label), -1)
    weight = np.broadcast_to(given.weight, (*shape[:2], given.weight.shape[2]))
    mask = tfma_internals.keras_mask(result)
    if mask is not None:
        # Masked values, such as those of an ignored class, do not count.
        counts = np.asarray(mask, np.float64).reshape(len(label), -1)
        weight = weight * counts.mean(axis=1).reshape(weight.shape)
    return [values.mean(axis=1).reshape(*shape[:2], -1) * weight, weight]
