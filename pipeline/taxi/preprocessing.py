"""The Transform step: raw taxi columns to numbers and ids."""

from typing import TypeAlias

import tensorflow as tf
import tensorflow_transform as tft

from pipeline.taxi import features

Column: TypeAlias = tf.Tensor | tf.SparseTensor


def _dense(column: Column) -> tf.Tensor:
    """One value per row, shape (n,): 0 or "" where an optional column has none."""
    if not isinstance(column, tf.SparseTensor):
        return tf.squeeze(column, axis=1)
    default = "" if column.dtype == tf.string else tf.constant(0, column.dtype)
    one_column = tf.SparseTensor(column.indices, column.values, [column.dense_shape[0], 1])
    return tf.squeeze(tf.sparse.to_dense(one_column, default), axis=1)


def preprocessing_fn(inputs: dict[str, Column]) -> dict[str, tf.Tensor]:
    """Maps raw columns to model features, all of shape (n,).

    Args:
        inputs: the schema's columns; optional ones are sparse.

    Returns:
        Amounts as float32, categories as int64 ids below ``features.categorical_sizes()``, and
        the label as int64.
    """
    outputs = {}
    for name in features.AMOUNTS:
        amount = tf.cast(_dense(inputs[name]), tf.float32)
        outputs[name] = tft.scale_to_z_score(tf.math.log1p(tf.maximum(amount, 0.0)))
    for name in features.COORDINATES:
        outputs[name] = tft.bucketize(_dense(inputs[name]), features.COORDINATE_BUCKETS)
    for name in features.VOCABULARIES:
        outputs[name] = tft.compute_and_apply_vocabulary(
            _dense(inputs[name]),
            top_k=features.VOCABULARY_SIZE,
            num_oov_buckets=features.OUT_OF_VOCABULARY_BUCKETS,
            vocab_filename=name,
        )
    for name, size in features.INTEGERS.items():
        outputs[name] = tf.clip_by_value(_dense(inputs[name]), 0, size - 1)
    outputs[features.LABEL] = _dense(inputs[features.LABEL])
    return outputs
