"""Twin of the combiner that holds Keras metrics which are means of a function, or roots of such."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from checkpoint_sweep.evaluation import metric_inputs as views_lib
from checkpoint_sweep.evaluation.combiners import base
from tensorflow_model_analysis.metrics import metric_types, tf_metric_wrapper
from tensorflow_model_analysis.utils import model_util
from tensorflow_model_analysis.utils.keras_lib import tf_keras


class KerasMeans(base.Twin):
    """Keras metrics of the kind ``MeanMetricWrapper``: the function runs once per batch.

    ``RootMeanSquaredError`` is one more: it holds the mean of the squared error and takes the root
    at the end.
    """

    combines = tf_metric_wrapper._CompilableMetricsCombiner
    columns = 2

    def __init__(self, combiner: Any) -> None:
        super().__init__(combiner)
        combiner.setup()
        self._metrics = [
            (output, index, metric)
            for output, name in enumerate(combiner._output_names)
            for index, metric in enumerate(combiner._metrics[name])
        ]

    @classmethod
    def unsupported(cls, combiner: Any) -> str | None:
        """Other metrics keep states that are not sums over examples."""
        combiner.setup()
        for metrics in combiner._metrics.values():
            for metric in metrics:
                if not (_is_mean(metric) or _is_root(metric)):
                    return f"{type(metric).__name__} is not the mean of a function"
        if combiner._sub_key_in_config:
            return "top_k within the metric"
        if combiner._eval_config is not None:
            spec = model_util.get_model_spec(combiner._eval_config, combiner._model_name)
            if spec is not None and spec.HasField("padding_options"):
                return "padding_options"
        return super().unsupported(combiner)

    @property
    def buckets(self) -> int:
        """One for each metric."""
        return len(self._metrics)

    def views(self, inputs: views_lib.Inputs) -> list[views_lib.View]:
        """One for each output; flat only for a micro average.

        Raises:
            UnsupportedError: a root over several values of an example, which Keras counts each.
        """
        aggregation = self.combiner._aggregation_type
        views = [
            inputs.view(
                base.view_spec(
                    self.combiner,
                    output_name=name,
                    sub_key=self.combiner._sub_key,
                    flatten=bool(aggregation and aggregation.micro_average),
                )
            )
            for name in self.combiner._output_names
        ]
        for output, _, metric in self._metrics:
            view = views[output]
            values = max(view.label.shape[2], view.prediction.shape[2])
            if _is_root(metric) and values != view.weight.shape[2]:
                raise views_lib.UnsupportedError("not one output")
        return views

    def update(self, views: list[views_lib.View]) -> Iterator[base.Contribution]:
        """The weighted value of each metric and the weight."""
        for bucket, (output, _, metric) in enumerate(self._metrics):
            view = views[output]
            yield bucket, [_values(metric, view) * view.weight, view.weight]

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Any:
        """TFMA's accumulator with each metric's total and count."""
        result = self.combiner.create_accumulator()
        for bucket, totals in zip(buckets.tolist(), values, strict=True):
            output, index, _ = self._metrics[bucket]
            result.add_weights(output, index, totals.copy())
        return result

    def output(self, buckets: np.ndarray, values: np.ndarray) -> dict[Any, Any]:
        """Total over count in float32, as Keras divides and takes roots, without TensorFlow.

        Setting and reading the variables of a Keras metric takes milliseconds, for every metric,
        slice and model.
        """
        totals = np.zeros((self.buckets, 2), np.float32)
        totals[buckets] = values
        result = {}
        for (total, count), (output, _, metric) in zip(totals, self._metrics, strict=True):
            key = metric_types.MetricKey(
                name=metric.name,
                model_name=self.combiner._model_name,
                output_name=self.combiner._output_names[output],
                sub_key=self.combiner._sub_key,
                example_weighted=self.combiner._example_weighted,
            )
            mean = total / count if count else np.float32(0)
            result[key] = np.sqrt(mean) if _is_root(metric) else mean
        return result


def _is_mean(metric: Any) -> bool:
    wrapper = tf_keras.metrics.MeanMetricWrapper
    return (
        isinstance(metric, wrapper)
        and type(metric).update_state is wrapper.update_state
        and type(metric).result is wrapper.result
    )


def _is_root(metric: Any) -> bool:
    return type(metric) is tf_keras.metrics.RootMeanSquaredError


def _values(metric: Any, view: views_lib.View) -> np.ndarray:
    """The metric's function of each example, (models, examples, 1 or values) float64."""
    shape = view.prediction.shape
    flat = view.weight.shape[2] > 1
    label = np.broadcast_to(view.label, (*shape[:2], view.label.shape[2]))
    label = label.reshape(-1, 1 if flat else label.shape[2])
    prediction = view.prediction.reshape(-1, 1 if flat else shape[2])
    label, prediction = tf.cast(label, metric.dtype), tf.cast(prediction, metric.dtype)
    if _is_root(metric):
        values = tf.math.squared_difference(prediction, label)
    else:
        values = metric._fn(label, prediction, **metric._fn_kwargs)
    values = np.asarray(values, np.float64)
    return values.reshape(values.shape[0], -1).mean(axis=1).reshape(*shape[:2], -1)
