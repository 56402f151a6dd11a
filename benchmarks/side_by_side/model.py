"""The model of all contenders, once for an Estimator and once, of the same layers, for Keras."""

from typing import Any

import tensorflow as tf
import tf_slim as slim

from benchmarks.side_by_side.job import Job

LABEL = "big_tipper"
FEATURES = {
    "fare": tf.io.FixedLenFeature([], tf.float32),
    "trip_miles": tf.io.FixedLenFeature([], tf.float32),
    "trip_start_hour": tf.io.FixedLenFeature([], tf.int64),
    "payment_type": tf.io.FixedLenFeature([], tf.string),
}
_HIDDEN = (32, 16)
_BATCH_SIZE = 64
_SEED = 20

Features = dict[str, tf.Tensor]


def training_batches(job: Job) -> tf.data.Dataset:
    """Reads batches of (features, label) without end."""
    return _records(job.trained).shuffle(2000, _SEED).repeat().batch(_BATCH_SIZE).map(parse)


def evaluation_batches(job: Job) -> tf.data.Dataset:
    """Reads batches of (features, label), each example once."""
    return _records(job.evaluated).batch(job.batch_size).map(parse)


def _records(path: str) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(path, "GZIP")


def parse(serialized: tf.Tensor) -> tuple[Features, tf.Tensor]:
    """Parses (n,) serialized examples to features and label, each column of shape (n,)."""
    spec = FEATURES | {LABEL: tf.io.FixedLenFeature([], tf.int64)}
    columns = tf.io.parse_example(serialized, spec)
    return columns, columns.pop(LABEL)


def _columns(features: Features) -> tf.Tensor:
    """Stacks columns of shape (n,) to (n, 4) float32."""
    by_card = tf.cast(tf.equal(features["payment_type"], "Credit Card"), tf.float32)
    hour = tf.cast(features["trip_start_hour"], tf.float32) / 24.0
    amounts = [tf.math.log1p(features[name]) for name in ("fare", "trip_miles")]
    return tf.stack([by_card, hour, *amounts], axis=1)


def model_fn(
    features: Features, labels: tf.Tensor | None, mode: str, params: dict[str, Any]
) -> tf.estimator.EstimatorSpec:
    """Builds the graph for one mode of an Estimator.

    Args:
        features: Columns of shape (n,).
        labels: Labels 0 or 1, (n,) int64; None in PREDICT mode.
        mode: A `tf.estimator.ModeKeys`.
        params: Parameters of the training: `learning_rate`.

    Returns:
        In PREDICT mode the output `probability`, (n,) float32; in EVAL mode the metric `auc`.
    """
    hidden = slim.stack(_columns(features), slim.fully_connected, _HIDDEN)
    logit = tf.squeeze(slim.fully_connected(hidden, 1, activation_fn=None), axis=1)
    probability = tf.sigmoid(logit)
    if mode == tf.estimator.ModeKeys.PREDICT:
        outputs = {"probability": probability}
        signature = tf.estimator.export.PredictOutput(outputs)
        return tf.estimator.EstimatorSpec(
            mode, predictions=outputs, export_outputs={"serving_default": signature}
        )
    loss = tf.compat.v1.losses.sigmoid_cross_entropy(labels, logit)
    if mode == tf.estimator.ModeKeys.EVAL:
        auc = tf.compat.v1.metrics.auc(labels, probability)
        return tf.estimator.EstimatorSpec(mode, loss=loss, eval_metric_ops={"auc": auc})
    step = tf.compat.v1.train.get_or_create_global_step()
    optimizer = tf.compat.v1.train.AdamOptimizer(params["learning_rate"])
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=optimizer.minimize(loss, step))


def estimator(job: Job) -> tf.estimator.Estimator:
    """Makes an Estimator that keeps all its checkpoints."""
    config = tf.estimator.RunConfig(
        job.model_run,
        tf_random_seed=_SEED,
        save_checkpoints_steps=job.checkpoint_steps,
        keep_checkpoint_max=None,
    )
    return tf.estimator.Estimator(
        model_fn, config=config, params={"learning_rate": job.learning_rate}
    )


def serving_input() -> tf.estimator.export.ServingInputReceiver:
    """Parses serialized examples."""
    return tf.estimator.export.build_parsing_serving_input_receiver_fn(FEATURES)()


def keras_model(job: Job) -> Any:
    """Makes the same layers, compiled, with the metric `auc`."""
    tf.keras.utils.set_random_seed(_SEED)
    inputs = {
        name: tf.keras.Input([], dtype=feature.dtype, name=name)
        for name, feature in FEATURES.items()
    }
    hidden = _columns(inputs)
    for units in _HIDDEN:
        hidden = tf.keras.layers.Dense(units, "relu")(hidden)
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(1, "sigmoid")(hidden))
    model.compile(
        tf.keras.optimizers.Adam(job.learning_rate),
        "binary_crossentropy",
        metrics=[tf.keras.metrics.AUC(name="auc")],
    )
    return model
