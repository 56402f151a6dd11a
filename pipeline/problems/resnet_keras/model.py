"""The model: Keras's ResNet-50 on the digits, enlarged."""

import tensorflow as tf

from pipeline.problems.digits import features

# ResNet halves height and width five times.
SIZE = 32
TOP = 3
_LEARNING_RATE = 1e-3
# Keras's 0.99 would take some hundred steps to forget the statistics that training began with,
# and evaluation, which uses them, would say nothing of the weights until then.
_STATISTICS_MOMENTUM = 0.9


def build() -> tf.keras.Model:
    """Builds a new model: images, (n, 32, 32, 3) float32, to probabilities, (n, 10) float32."""
    model = tf.keras.applications.ResNet50(
        weights=None, classes=features.CLASSES, input_shape=(SIZE, SIZE, 3)
    )
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.momentum = _STATISTICS_MOMENTUM
    return model


def compiled(model: tf.keras.Model) -> tf.keras.Model:
    """Compiles what trains and evaluates the layers of `model`.

    A model of its own, because Keras saves the optimizer with the model that was compiled: it
    would triple the size of checkpoints and of what is served. Metrics have the names that they
    have in the digits' evaluation config.
    """
    result = tf.keras.Model(model.inputs, model.outputs)
    result.compile(
        optimizer=tf.keras.optimizers.Adam(_LEARNING_RATE),
        loss="sparse_categorical_crossentropy",
        metrics=[
            tf.keras.metrics.SparseCategoricalAccuracy("accuracy"),
            tf.keras.metrics.SparseCategoricalCrossentropy("cross_entropy"),
            tf.keras.metrics.SparseTopKCategoricalAccuracy(TOP, name="top_3_accuracy"),
        ],
    )
    return result


def images(encoded: tf.Tensor) -> tf.Tensor:
    """Decodes PNGs, strings of shape (n,) or (n, 1), to (n, 32, 32, 3) float32 within [-1, 1]."""
    pixels = tf.map_fn(
        lambda image: tf.io.decode_png(image, channels=3),
        tf.reshape(encoded, [-1]),
        fn_output_signature=tf.TensorSpec([features.SIZE, features.SIZE, 3], tf.uint8),
    )
    enlarged = tf.image.resize(tf.cast(pixels, tf.float32), [SIZE, SIZE])
    return enlarged / 127.5 - 1.0
