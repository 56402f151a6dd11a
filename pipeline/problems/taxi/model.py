"""The model: wide and deep over the preprocessed taxi features, as an Estimator `model_fn`."""

from typing import Any

import tensorflow as tf

from pipeline.problems.taxi import features as taxi
from pipeline.problems.taxi import wide_and_deep

PROBABILITY = "probability"
_LEARNING_RATE = 2e-4

Features = dict[str, tf.Tensor]


def _metrics(label: tf.Tensor, probability: tf.Tensor) -> dict[str, Any]:
    """Makes streaming metrics for `Estimator.evaluate` and TensorBoard."""
    predicted = tf.cast(probability > 0.5, tf.int64)
    metrics = tf.compat.v1.metrics
    return {
        "accuracy": metrics.accuracy(label, predicted),
        "precision": metrics.precision(label, predicted),
        "recall": metrics.recall(label, predicted),
        "auc": metrics.auc(label, probability, summation_method="careful_interpolation"),
        "auc_precision_recall": metrics.auc(
            label, probability, curve="PR", summation_method="careful_interpolation"
        ),
        "prediction/mean": metrics.mean(probability),
        "label/mean": metrics.mean(label),
    }


def model_fn(
    features: Features,
    labels: tf.Tensor | None,
    mode: str,
) -> tf.estimator.EstimatorSpec:
    """Builds the graph for one mode of the Estimator.

    Args:
        features: Preprocessed columns, each of shape (n,) or (n, 1).
        labels: Labels 0 or 1, int64, shape (n,) or (n, 1); None in PREDICT mode.
        mode: A `tf.estimator.ModeKeys`.

    Returns:
        In PREDICT mode one output, the probability of a big tip, shape (n,): two columns would
        be flattened by TFMA and every binary metric with them.
    """
    logit = wide_and_deep.output(features, taxi.categorical_sizes(), taxi.AMOUNTS)
    probability = tf.sigmoid(logit)
    if mode == tf.estimator.ModeKeys.PREDICT:
        outputs = {PROBABILITY: probability}
        return tf.estimator.EstimatorSpec(
            mode,
            predictions=outputs,
            export_outputs={"serving_default": tf.estimator.export.PredictOutput(outputs)},
        )
    assert labels is not None
    label = tf.reshape(labels, [-1])
    loss = tf.compat.v1.losses.sigmoid_cross_entropy(label, logit)
    if mode == tf.estimator.ModeKeys.EVAL:
        return tf.estimator.EstimatorSpec(
            mode, loss=loss, eval_metric_ops=_metrics(label, probability)
        )
    optimizer = tf.compat.v1.train.AdamOptimizer(_LEARNING_RATE)
    step = tf.compat.v1.train.get_or_create_global_step()
    return tf.estimator.EstimatorSpec(
        mode, loss=loss, train_op=optimizer.minimize(loss, global_step=step)
    )
