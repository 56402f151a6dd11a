"""What a Keras training takes to sweep its own checkpoints, and to stop."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
import tensorflow_model_analysis as tfma

from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.sweeping.during_training import TrainingSweep
from checkpoint_sweep.sweeping.sweep import SweepResult


class SweepCallback(tf.keras.callbacks.Callback):
    """For `tf.keras.Model.fit(callbacks=[...])`: evaluates what an epoch has saved.

        saver = tf.keras.callbacks.ModelCheckpoint("run/ckpt-{epoch}", save_weights_only=True)
        sweep = SweepCallback("run", export, "eval.tfrecord", "eval_config.pbtxt", "auc")
        model.fit(data, epochs=20, callbacks=[saver, sweep])
        print(sweep.result.reason, sweep.result.model)

    It comes after the callback that saves. Training waits for it. What is wrong with the arguments
    ends it after its first epoch; an evaluation that fails later is a warning.

    Args:
        run: local directory of the checkpoints.
        export: is called once, with a directory, to which it exports the model as it is served,
            such as `lambda directory: tf.saved_model.save(model, directory, signatures=...)`.
        examples: to evaluate on, and not to train on; see `sweep`.
        config: see `sweep`.
        select: see `sweep`.
        patience: training stops when so many checkpoints have come after the earliest that cannot
            be told from the best; None for never.
        **options: see `sweep`.
    """

    def __init__(
        self,
        run: str,
        export: Callable[[str], object],
        examples: str | Sequence[str],
        config: str | tfma.EvalConfig,
        select: str | Selection,
        *,
        patience: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self._sweep = TrainingSweep(
            run, export, examples, config, select, patience=patience, **options
        )

    @property
    def result(self) -> SweepResult | None:
        """The last one; None before the first."""
        return self._sweep.result

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Evaluates."""
        self._sweep.look()
        if not self._sweep.improves:
            self.model.stop_training = True
