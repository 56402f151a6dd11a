"""A Keras 3 training whose checkpoints are evaluated as they are saved."""

import keras
import tensorflow as tf

from checkpoint_sweep import SweepCallback


def train(model, inputs, labels, serve, epochs, options, run="run"):
    """Trains a compiled model; returns the last sweep, of all epochs.

    `serve` is the `tf.function` to be exported, from serialized examples to predictions.
    """
    checkpoint = tf.train.Checkpoint(model=model)
    manager = tf.train.CheckpointManager(checkpoint, run, max_to_keep=None)
    saver = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: manager.save(checkpoint_number=epoch + 1)
    )

    def export(directory):
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serving_default", serve)
        archive.write_out(directory)

    callback = SweepCallback(run, export, options)
    model.fit(inputs, labels, epochs=epochs, callbacks=[saver, callback])
    return callback.result
