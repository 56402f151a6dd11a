"""The networks: images in, logits of the classes out, built with TF-Slim."""

from collections.abc import Callable

import tensorflow as tf
import tf_slim as slim
from tf_slim.nets import resnet_v2

from pipeline.problems.digits import features, slim_batch_norm

Network = Callable[[tf.Tensor, bool], tf.Tensor]

SMALL, RESNET = "small", "resnet_v2_50"

# ResNet halves height and width five times.
_RESNET_SIZE = 32
# Statistics of batch normalisation must settle within a run of some hundred steps, or fewer.
_STATISTICS_DECAY = 0.95
_RESNET_STATISTICS_DECAY = 0.9


def get(name: str) -> Network:
    """Finds the network of a name.

    Each takes images, (n, 8, 8, 1) float32 within [-1, 1], and whether it is being trained; it
    gives logits, (n, 10) float32.
    """
    slim_batch_norm.supply_layer()
    return {SMALL: _small, RESNET: _resnet_v2_50}[name]


def _small(images: tf.Tensor, is_training: bool) -> tf.Tensor:
    """Builds two convolutions with batch normalisation and two dense layers."""
    with (
        slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm),
        slim.arg_scope(
            [slim.batch_norm], is_training=is_training, decay=_STATISTICS_DECAY, scale=True
        ),
    ):
        net = slim.conv2d(images, 16, [3, 3], scope="conv1")
        net = slim.max_pool2d(net, [2, 2], scope="pool1")
        net = slim.conv2d(net, 32, [3, 3], scope="conv2")
    net = slim.fully_connected(slim.flatten(net), 64, scope="hidden")
    return slim.fully_connected(net, features.CLASSES, activation_fn=None, scope="logits")


def _resnet_v2_50(images: tf.Tensor, is_training: bool) -> tf.Tensor:
    """Builds ResNet-v2-50 on images enlarged to 32 by 32 pixels."""
    enlarged = tf.image.resize(images, [_RESNET_SIZE, _RESNET_SIZE])
    with slim.arg_scope(resnet_v2.resnet_arg_scope(batch_norm_decay=_RESNET_STATISTICS_DECAY)):
        logits, _ = resnet_v2.resnet_v2_50(enlarged, features.CLASSES, is_training=is_training)
    return tf.squeeze(logits, axis=[1, 2])
