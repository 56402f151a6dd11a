"""Streaming regression metrics for `Estimator.evaluate` and TensorBoard."""

import tensorflow as tf

# Value so far, and what adds a batch to it, as `EstimatorSpec.eval_metric_ops` takes them.
MetricOps = tuple[tf.Tensor, tf.Tensor | tf.Operation]


def regression(label: tf.Tensor, prediction: tf.Tensor) -> dict[str, MetricOps]:
    """Makes metrics of a regression, all from running means of products.

    Args:
        label: Labels, float32, shape (n,).
        prediction: Predictions, float32, shape (n,).

    Returns:
        Errors, means, ``calibration`` (mean prediction over mean label),
        ``squared_pearson_correlation`` (blind to a wrong scale or offset) and
        ``coefficient_of_determination`` (1 - squared error / variance of the labels), all under
        TFMA's names and by its definitions.
    """
    mean = tf.compat.v1.metrics.mean
    y, add_y = mean(label)
    p, add_p = mean(prediction)
    yy, add_yy = mean(label**2)
    pp, add_pp = mean(prediction**2)
    yp, add_yp = mean(label * prediction)
    squared, add_squared = mean((label - prediction) ** 2)
    absolute, add_absolute = mean(tf.abs(label - prediction))
    spread_y, spread_p = yy - y**2, pp - p**2
    moments = tf.group(add_y, add_p, add_yy, add_pp, add_yp)
    return {
        "mean_absolute_error": (absolute, add_absolute),
        "mean_squared_error": (squared, add_squared),
        "root_mean_squared_error": (tf.sqrt(squared), tf.group(add_squared)),
        "squared_pearson_correlation": ((yp - y * p) ** 2 / (spread_y * spread_p), moments),
        "coefficient_of_determination": (1.0 - squared / spread_y, tf.group(add_squared, moments)),
        "mean_label": (y, add_y),
        "mean_prediction": (p, add_p),
        "calibration": (p / y, moments),
    }
