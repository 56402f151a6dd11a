"""The model: a wide and deep network that says a fare in dollars, as an Estimator `model_fn`."""

import tensorflow as tf

from pipeline.problems.fares import features as fares
from pipeline.problems.fares import metrics
from pipeline.problems.taxi import wide_and_deep

FARE = "fare"
_LEARNING_RATE = 1e-3
# Dollars; about a typical fare, so that the network's own output is near 1.
_UNIT = 10.0
# Dollars. A few fares are typing errors (700 dollars for ten minutes): beyond this error the
# loss grows linearly, so that one of them does not pull more than any other bad miss.
_HUBER = 5.0

Features = dict[str, tf.Tensor]


def model_fn(
    features: Features,
    labels: tf.Tensor | None,
    mode: str,
) -> tf.estimator.EstimatorSpec:
    """Builds the graph for one mode of the Estimator.

    Args:
        features: Preprocessed columns, each of shape (n,) or (n, 1).
        labels: Fares in dollars, float32, shape (n,) or (n, 1); None in PREDICT mode.
        mode: A `tf.estimator.ModeKeys`.

    Returns:
        In PREDICT mode one output, the fare in dollars, float32, never negative, shape (n,).
    """
    output = wide_and_deep.output(features, fares.categorical_sizes(), fares.AMOUNTS)
    fare = _UNIT * tf.nn.softplus(output)
    if mode == tf.estimator.ModeKeys.PREDICT:
        outputs = {FARE: fare}
        return tf.estimator.EstimatorSpec(
            mode,
            predictions=outputs,
            export_outputs={"serving_default": tf.estimator.export.PredictOutput(outputs)},
        )
    assert labels is not None
    label = tf.reshape(labels, [-1])
    loss = tf.compat.v1.losses.huber_loss(label, fare, delta=_HUBER)
    if mode == tf.estimator.ModeKeys.EVAL:
        return tf.estimator.EstimatorSpec(
            mode, loss=loss, eval_metric_ops=metrics.regression(label, fare)
        )
    optimizer = tf.compat.v1.train.AdamOptimizer(_LEARNING_RATE)
    step = tf.compat.v1.train.get_or_create_global_step()
    return tf.estimator.EstimatorSpec(
        mode, loss=loss, train_op=optimizer.minimize(loss, global_step=step)
    )
