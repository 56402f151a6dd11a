"""Sweeps the checkpoints of a Keras model from within its training."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.sweeping.during_training import TrainingSweep
from checkpoint_sweep.sweeping.options import SweepOptions


class SweepCallback(tf.keras.callbacks.Callback):
    """Evaluates the checkpoint that an epoch of `tf.keras.Model.fit` has saved.

        saver = tf.keras.callbacks.ModelCheckpoint("run/ckpt-{epoch}", save_weights_only=True)
        options = SweepOptions("eval.tfrecord", "eval_config.pbtxt", "auc")
        callback = SweepCallback("run", export, options)
        model.fit(data, epochs=20, callbacks=[saver, callback])
        print(callback.result.reason, callback.result.model)

    The `ModelCheckpoint` of Keras 3 writes no TensorFlow checkpoints. Save by another callback.

        manager = tf.train.CheckpointManager(
            tf.train.Checkpoint(model=model), "run", max_to_keep=None
        )
        saver = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: manager.save(checkpoint_number=epoch + 1)
        )

    It comes after the callback that saves. Training waits for it. What is wrong with the arguments
    ends it after its first epoch; an evaluation that fails later is a warning. With the policy
    `EarliestEligible`, training stops when a checkpoint has passed every threshold.

    Args:
        run: Local directory of the checkpoints.
        export: Function that is called once, with a directory, to which it exports the model as it
            is served: `lambda directory: tf.saved_model.save(model, directory, signatures=...)`,
            or, of Keras 3, by `keras.export.ExportArchive`.
        options: Options of each sweep; their examples are not to be trained on.
        patience: Number of checkpoints that may come after the earliest that is tied with the
            best before training stops; None for any number.
    """

    def __init__(
        self,
        run: str,
        export: Callable[[str], object],
        options: SweepOptions,
        *,
        patience: int | None = None,
    ) -> None:
        super().__init__()
        self._sweep = TrainingSweep(run, export, options, patience)

    @property
    def result(self) -> SweepResult | None:
        """The result of the last sweep; None before the first."""
        return self._sweep.result

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Evaluates the checkpoint of the epoch, and stops training that need not go on."""
        self._sweep.evaluate_new()
        if not self._sweep.improves:
            self.model.stop_training = True
