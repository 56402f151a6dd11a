"""The model: a TF-Slim network over encoded images, as an Estimator `model_fn`."""

from typing import Any

import tensorflow as tf
import tf_slim as slim

from pipeline.problems.digits import averages, features, network

PROBABILITIES = "probabilities"
TOP = 3
_LEARNING_RATE = 1e-3
# As TFMA's own default: with fewer, confident predictions fall between the same two.
_AUC_THRESHOLDS = 10_000


def _images(encoded: tf.Tensor) -> tf.Tensor:
    """Decodes images, strings of shape (n,) or (n, 1), to (n, 8, 8, 1) within [-1, 1]."""
    pixels = tf.map_fn(
        lambda image: tf.io.decode_png(image, channels=1),
        tf.reshape(encoded, [-1]),
        fn_output_signature=tf.TensorSpec([features.SIZE, features.SIZE, 1], tf.uint8),
    )
    return tf.cast(pixels, tf.float32) / 127.5 - 1.0


def metrics(
    label: tf.Tensor, logits: tf.Tensor, probabilities: tf.Tensor
) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
    """Makes streaming metrics for `Estimator.evaluate` and TF-Slim, each as (value, update).

    Args:
        label: Labels, (n,) int64.
        logits: Logits, (n, classes).
        probabilities: Probabilities, (n, classes).
    """
    streaming = tf.compat.v1.metrics
    one_hot = tf.one_hot(label, features.CLASSES, on_value=True, off_value=False)
    predicted = probabilities > 0.5
    cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(label, logits)
    in_top = tf.nn.in_top_k(label, probabilities, TOP)
    values = {
        "accuracy": streaming.accuracy(label, tf.argmax(probabilities, axis=1)),
        "cross_entropy": streaming.mean(cross_entropy),
        "top_3_accuracy": streaming.mean(tf.cast(in_top, tf.float32)),
        "precision_at_3": streaming.precision_at_k(label[:, None], probabilities, TOP),
        "precision/micro": streaming.precision(one_hot, predicted),
        "recall/micro": streaming.recall(one_hot, predicted),
        "auc/micro": streaming.auc(
            one_hot,
            probabilities,
            num_thresholds=_AUC_THRESHOLDS,
            summation_method="careful_interpolation",
        ),
    }
    for number in range(features.CLASSES):
        of_class = one_hot[:, number], predicted[:, number]
        values[f"precision/{number}"] = streaming.precision(*of_class)
        values[f"recall/{number}"] = streaming.recall(*of_class)
    return values


def model_fn(
    features: dict[str, tf.Tensor],
    labels: tf.Tensor | None,
    mode: str,
    params: dict[str, Any],
) -> tf.estimator.EstimatorSpec:
    """Builds the graph for one mode of the Estimator.

    Evaluation and prediction use the moving averages of the weights.

    Args:
        features: Encoded images, of shape (n,) or (n, 1).
        labels: Digits, int64, shape (n,) or (n, 1); None in PREDICT mode.
        mode: A `tf.estimator.ModeKeys`.
        params: Parameters: `network` names the network, see `pipeline.problems.digits.network`.

    Returns:
        In PREDICT mode one output, the probabilities of the classes, shape (n, 10).
    """
    is_training = mode == tf.estimator.ModeKeys.TRAIN
    step = tf.compat.v1.train.get_or_create_global_step()
    (encoded,) = features.values()
    logits = network.get(params["network"])(_images(encoded), is_training)
    probabilities = tf.nn.softmax(logits)
    if mode == tf.estimator.ModeKeys.PREDICT:
        outputs = {PROBABILITIES: probabilities}
        return tf.estimator.EstimatorSpec(
            mode,
            predictions=outputs,
            export_outputs={"serving_default": tf.estimator.export.PredictOutput(outputs)},
            scaffold=tf.compat.v1.train.Scaffold(saver=averages.AveragesSaver(step)),
        )
    assert labels is not None
    label = tf.reshape(labels, [-1])
    tf.compat.v1.losses.sparse_softmax_cross_entropy(label, logits)
    loss = tf.compat.v1.losses.get_total_loss()
    if mode == tf.estimator.ModeKeys.EVAL:
        return tf.estimator.EstimatorSpec(
            mode,
            loss=loss,
            eval_metric_ops=metrics(label, logits, probabilities),
            scaffold=tf.compat.v1.train.Scaffold(saver=averages.AveragesSaver(step)),
        )
    # Runs the updates of batch normalisation's statistics (UPDATE_OPS) before each step.
    optimizer = tf.compat.v1.train.AdamOptimizer(_LEARNING_RATE)
    train = slim.learning.create_train_op(loss, optimizer, global_step=step)
    with tf.control_dependencies([train]):
        averaged = averages.update(step)
    with tf.control_dependencies([averaged]):
        train = tf.identity(train)
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train)
