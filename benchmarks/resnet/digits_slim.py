"""TF-Slim's own evaluation of a checkpoint of the digits: what a user of TF-Slim would run."""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tf_slim as slim

from pipeline.problems.digits import averages, features, model


def dataset(files: Sequence[str], batch_size: int) -> tf.data.Dataset:
    """Reads batches of (features, label) once, each column of shape (n,).

    Args:
        files: TFRecord files of the digits, compressed by gzip.
        batch_size: Number of examples in a batch; the last one may have fewer.
    """
    spec = {
        features.IMAGE: tf.io.FixedLenFeature([], tf.string),
        features.LABEL: tf.io.FixedLenFeature([], tf.int64),
    }

    def parse(serialized: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        columns = tf.io.parse_example(serialized, spec)
        return columns, columns.pop(features.LABEL)

    return tf.data.TFRecordDataset(files, "GZIP").batch(batch_size).map(parse)


def evaluate_once(
    checkpoint: str,
    network: str,
    files: Sequence[str],
    examples: int,
    batch_size: int,
    logdir: str,
    hooks: Sequence[Any] = (),
) -> dict[str, float]:
    """Computes the metrics of the EstimatorSpec, with the averages of a checkpoint's weights.

    Args:
        checkpoint: Prefix of the tensor bundle.
        network: Name of the network, see `pipeline.problems.digits.network`.
        files: Files as for `dataset`.
        examples: Number of examples in `files`.
        batch_size: Batch size as for `dataset`.
        logdir: Directory for summaries.
        hooks: Hooks to run with each batch.
    """
    with tf.Graph().as_default():
        batches = tf.compat.v1.data.make_one_shot_iterator(dataset(files, batch_size))
        columns, label = batches.get_next()
        step = tf.compat.v1.train.create_global_step()
        spec = model.model_fn(columns, label, tf.estimator.ModeKeys.EVAL, {"network": network})
        values: dict[str, float] = slim.evaluation.evaluate_once(
            master="",
            checkpoint_path=checkpoint,
            logdir=logdir,
            num_evals=math.ceil(examples / batch_size),
            eval_op=[update for _, update in spec.eval_metric_ops.values()],
            final_op={name: value for name, (value, _) in spec.eval_metric_ops.items()},
            variables_to_restore=averages.variables_to_restore(step),
            hooks=hooks,
        )
    return values
