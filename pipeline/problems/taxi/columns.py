"""Raw taxi columns to numbers and ids, for every problem that learns from them."""

from typing import TypeAlias

import tensorflow as tf
import tensorflow_transform as tft

Column: TypeAlias = tf.Tensor | tf.SparseTensor


def dense(column: Column) -> tf.Tensor:
    """Makes one value per row, shape (n,): 0 or "" where an optional column has none."""
    if not isinstance(column, tf.SparseTensor):
        return tf.squeeze(column, axis=1)
    default = "" if column.dtype == tf.string else tf.constant(0, column.dtype)
    one_column = tf.SparseTensor(column.indices, column.values, [column.dense_shape[0], 1])
    return tf.squeeze(tf.sparse.to_dense(one_column, default), axis=1)


def amount(column: Column) -> tf.Tensor:
    """Scales a heavy-tailed amount: log(1 + x) with mean 0 and variance 1, float32, (n,)."""
    positive = tf.maximum(tf.cast(dense(column), tf.float32), 0.0)
    return tft.scale_to_z_score(tf.math.log1p(positive))


def coordinate(column: Column, buckets: int) -> tf.Tensor:
    """Finds the quantile bucket of a number: int64 below `buckets`, shape (n,)."""
    return tft.bucketize(dense(column), buckets)


def integer(column: Column, size: int) -> tf.Tensor:
    """Keeps a small integer below `size`: int64, shape (n,)."""
    return tf.clip_by_value(dense(column), 0, size - 1)
