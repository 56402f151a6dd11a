"""Stops a training when `watch` asks for it, by a file."""

import contextlib
import os
from typing import Any

import tensorflow as tf

from checkpoint_sweep.sweeping.estimator_bases import base
from checkpoint_sweep.sweeping.folder import FolderError

_SessionRunHook: Any = base("SessionRunHook")

STOP = "stop"
NOT_IMPROVED = "The watched metric has not improved.\n"
PASSED = "A checkpoint has passed every threshold.\n"
_OURS = (b"", NOT_IMPROVED.encode(), PASSED.encode())
_LONGEST = max(map(len, _OURS))


def request_stop(path: str, why: str = NOT_IMPROVED) -> None:
    """Writes the file that `stop_hook` and `StopCallback` look for, unless it is there.

    Args:
        path: Path of the file.
        why: Text for it, NOT_IMPROVED or PASSED.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with contextlib.suppress(FileExistsError), open(path, "x") as file:
        file.write(why)


def stop_hook(path: str) -> "tf.estimator.SessionRunHook":
    """Makes a hook for `tf.estimator.Estimator.train` that looks for the file at each step.

        estimator.train(input_fn, max_steps=4000, hooks=[stop_hook("run-sweep/stop")])

    Args:
        path: Path of the file `stop` in the output of `watch`. One that is there from before is
            removed.

    Raises:
        EstimatorError: TensorFlow has no Estimator.
    """
    return _StopHook(path)


class _StopHook(_SessionRunHook):
    def __init__(self, path: str) -> None:
        self._path = path

    def begin(self) -> None:
        """Removes what an earlier training was told."""
        _remove(self._path)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Stops the training if the file is there."""
        if os.path.exists(self._path):
            run_context.request_stop()


class StopCallback(tf.keras.callbacks.Callback):
    """Stops `tf.keras.Model.fit` when the file is there at the end of a batch.

        model.fit(data, epochs=20, callbacks=[StopCallback("run-sweep/stop")])

    Args:
        path: Path of the file `stop` in the output of `watch`. One that is there from before is
            removed.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def on_train_begin(self, logs: Any = None) -> None:
        """Removes what an earlier training was told."""
        _remove(self._path)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stops the training if the file is there."""
        if os.path.exists(self._path):
            self.model.stop_training = True


def _remove(path: str) -> None:
    """Removes a file of `watch`, or an empty one, which somebody may have made by hand.

    Raises:
        FolderError: It is another file.
    """
    if not os.path.exists(path):
        return
    if os.path.isfile(path):
        with open(path, "rb") as file:
            if file.read(_LONGEST + 1) in _OURS:
                os.remove(path)
                return
    raise FolderError(
        f"{path} is there, and `watch` did not write it. Name the file `stop` in the output of "
        "`watch`."
    )
