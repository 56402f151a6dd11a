"""A wide and deep network over preprocessed taxi columns, for an Estimator's `model_fn`."""

from collections.abc import Mapping, Sequence

import tensorflow as tf
import tf_slim as slim

_EMBEDDING = 8
_HIDDEN = (128, 64)


def output(
    columns: Mapping[str, tf.Tensor], categories: Mapping[str, int], amounts: Sequence[str]
) -> tf.Tensor:
    """Computes one number per row, float32 of shape (n,).

    Args:
        columns: Preprocessed columns, of shape (n,) or (n, 1).
        categories: Names of the columns of ids, and the number of distinct ids of each.
        amounts: Names of the columns of numbers.
    """
    wide, deep = [], []
    for name, size in categories.items():
        ids = tf.reshape(columns[name], [-1])
        with tf.compat.v1.variable_scope(name):
            weight = tf.compat.v1.get_variable(
                "weight", [size, 1], initializer=tf.compat.v1.zeros_initializer()
            )
            embedding = tf.compat.v1.get_variable("embedding", [size, _EMBEDDING])
        wide.append(tf.nn.embedding_lookup(weight, ids))
        deep.append(tf.nn.embedding_lookup(embedding, ids))
    deep += [tf.reshape(columns[name], [-1, 1]) for name in amounts]
    hidden = slim.stack(tf.concat(deep, axis=1), slim.fully_connected, _HIDDEN, scope="deep")
    result = slim.fully_connected(hidden, 1, activation_fn=None, scope="logit") + tf.add_n(wide)
    return tf.squeeze(result, axis=1)
