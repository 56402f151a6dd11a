"""Lets TF-Slim's batch normalisation run on TensorFlow 2.15.1."""

import tensorflow as tf
from tensorflow.python.layers import normalization


def supply_layer() -> None:
    """Gives `slim.batch_norm` the layer that it is built on; call it before building a network.

    TF-Slim takes the layer from a module of TensorFlow that, in 2.15.1, loads it from
    `tf_keras.legacy_tf_layers`, which no release of `tf_keras` has. The same class has a public
    name, which works. TF-Slim's own implementation is no way out: it asks for `ops.Tensor`, which
    TensorFlow has moved. So only inputs of rank 4 can be normalised, and the updates must be in
    the default collection, UPDATE_OPS.
    """
    normalization.BatchNormalization = tf.compat.v1.layers.BatchNormalization
