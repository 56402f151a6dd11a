"""Estimators as they come: canned, with several heads, and with variables of every kind."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

FEATURES = {
    "fare": tf.io.FixedLenFeature([1], tf.float32),
    "trip_start_hour": tf.io.FixedLenFeature([1], tf.int64),
    "payment_type": tf.io.FixedLenFeature([1], tf.string),
}
TIPPER, TARGET = "big_tipper", "trip_start_month"
STEPS = (0, 6, 12)


@dataclasses.dataclass(frozen=True)
class Run:
    """The output of a Trainer.

    Attributes:
        estimator: Trained Estimator.
        model_run: Directory with the checkpoints of `STEPS`.
        export: Directory of the SavedModel of the last step.
        data: Input function for `evaluate`: all examples, in two batches.
        columns: Parses serialized examples into features and labels.
    """

    estimator: tf.estimator.Estimator
    model_run: Path
    export: Path
    data: Callable[[], tf.data.Dataset]
    columns: Callable[[tf.Tensor], tuple[dict, Any]]


def canned(config: tf.estimator.RunConfig) -> tf.estimator.Estimator:
    """Builds a wide and deep classifier with crossed, bucketized and embedded columns."""
    column = tf.feature_column
    hour = column.bucketized_column(column.numeric_column("trip_start_hour"), [6, 12, 18])
    payment = column.categorical_column_with_vocabulary_list("payment_type", ["Cash", "Card"], None)
    return tf.estimator.DNNLinearCombinedClassifier(
        linear_feature_columns=[hour, column.crossed_column([hour, payment], 16)],
        dnn_feature_columns=[
            column.numeric_column("fare", normalizer_fn=lambda fare: fare / 20.0),
            column.embedding_column(
                column.categorical_column_with_hash_bucket("payment_type", 8), 2
            ),
        ],
        dnn_hidden_units=[4],
        config=config,
    )


def two_heads(config: tf.estimator.RunConfig) -> tf.estimator.Estimator:
    """Builds a classification and a regression head on one network."""
    column = tf.feature_column
    return tf.estimator.DNNEstimator(
        head=tf.estimator.MultiHead(
            [
                tf.estimator.BinaryClassHead(name="tipper"),
                tf.estimator.RegressionHead(name="month"),
            ]
        ),
        hidden_units=[4],
        feature_columns=[
            column.numeric_column("fare", normalizer_fn=lambda fare: fare / 20.0),
            column.numeric_column("trip_start_hour"),
        ],
        config=config,
    )


def every_kind_of_variable(config: tf.estimator.RunConfig) -> tf.estimator.Estimator:
    """Builds a model with partitioned, resource and reference variables, and three signatures."""

    def model_fn(features: dict, labels: Any, mode: str) -> tf.estimator.EstimatorSpec:
        get_variable = tf.compat.v1.get_variable
        shards = tf.compat.v1.fixed_size_partitioner(3)
        table = get_variable("by_hour", [24, 3], partitioner=shards)
        hidden = tf.nn.embedding_lookup(table, tf.squeeze(features["trip_start_hour"], 1))
        resource = get_variable("resource", [1, 3], use_resource=True)
        reference = get_variable("reference", [3, 1], use_resource=False)
        assert not hasattr(reference, "handle")
        hidden = tf.nn.tanh(hidden + tf.matmul(features["fare"] / 20.0, resource))
        logit = tf.matmul(hidden, reference)
        probability = tf.sigmoid(logit)
        if mode == tf.estimator.ModeKeys.PREDICT:
            output = tf.estimator.export
            return tf.estimator.EstimatorSpec(
                mode,
                predictions={"probability": probability},
                export_outputs={
                    "serving_default": output.PredictOutput({"probability": probability}),
                    "scores": output.PredictOutput({"logit": logit, "probability": probability}),
                    "constants": output.PredictOutput({"ones": tf.ones_like(logit)}),
                },
            )
        labels = tf.cast(labels["tipper"], tf.float32)
        loss = tf.compat.v1.losses.sigmoid_cross_entropy(labels, logit)
        metrics = {
            "accuracy": tf.compat.v1.metrics.accuracy(labels, tf.round(probability)),
            "mean": tf.compat.v1.metrics.mean(probability),
            "average_loss": tf.compat.v1.metrics.mean(
                tf.nn.sigmoid_cross_entropy_with_logits(labels, logit)
            ),
        }
        train_op = None
        if mode == tf.estimator.ModeKeys.TRAIN:
            step = tf.compat.v1.train.get_or_create_global_step()
            train_op = tf.compat.v1.train.AdamOptimizer(0.1).minimize(loss, global_step=step)
        return tf.estimator.EstimatorSpec(
            mode, loss=loss, train_op=train_op, eval_metric_ops=metrics
        )

    return tf.estimator.Estimator(model_fn, config=config)


def train(
    directory: Path,
    build: Callable[[tf.estimator.RunConfig], tf.estimator.Estimator],
    examples: list[bytes],
    single_label: bool,
) -> Run:
    """Trains with the checkpoints of `STEPS` and exports the last.

    Args:
        directory: Directory to write to.
        build: Builds the Estimator: one of the functions above.
        examples: Serialized examples.
        single_label: Whether the estimator takes one label rather than a dict by head.
    """

    def columns(batch: tf.Tensor) -> tuple[dict, Any]:
        spec = FEATURES | {key: tf.io.FixedLenFeature([1], tf.int64) for key in (TIPPER, TARGET)}
        features = tf.io.parse_example(batch, spec)
        tipper, target = features.pop(TIPPER), tf.cast(features.pop(TARGET), tf.float32)
        return features, tipper if single_label else {"tipper": tipper, "month": target}

    def data() -> tf.data.Dataset:
        half = (len(examples) + 1) // 2
        return tf.data.Dataset.from_tensor_slices(examples).batch(half).map(columns)

    config = tf.estimator.RunConfig(
        str(directory / "model_run"),
        tf_random_seed=1,
        save_checkpoints_steps=STEPS[1],
        keep_checkpoint_max=None,
    )
    estimator = build(config)
    estimator.train(lambda: data().repeat(), max_steps=STEPS[-1])
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn(FEATURES)
    exported = estimator.export_saved_model(str(directory / "exports"), receiver)
    export = directory / "model" / "Format-Serving"
    shutil.copytree(exported.decode(), export)
    return Run(estimator, directory / "model_run", export, data, columns)
