"""Stops a training when the one who watches it says so, by a file."""

import os
from typing import Any

import tensorflow as tf

STOP = "stop"


def request_stop(path: str) -> None:
    """Writes the file that `stop_hook` and `StopCallback` look for."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("The watched metric has not improved.\n")


def stop_hook(path: str) -> Any:
    """A hook for `tf.estimator.Estimator.train(hooks=[...])`: looks for the file at each step.

    Args:
        path: the file `stop` in the output of `watch`. One that is there from before is removed.
    """

    class StopHook(tf.estimator.SessionRunHook):
        def begin(self) -> None:
            _remove(path)

        def after_run(self, run_context: Any, run_values: Any) -> None:
            if os.path.exists(path):
                run_context.request_stop()

    return StopHook()


class StopCallback(tf.keras.callbacks.Callback):
    """The same for `tf.keras.Model.fit(callbacks=[...])`.

    Args:
        path: the file `stop` in the output of `watch`. One that is there from before is removed.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def on_train_begin(self, logs: Any = None) -> None:
        """Removes what an earlier training was told."""
        _remove(self._path)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Looks for the file."""
        if os.path.exists(self._path):
            self.model.stop_training = True


def _remove(path: str) -> None:
    if os.path.exists(path):
        os.remove(path)
