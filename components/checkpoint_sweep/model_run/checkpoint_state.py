"""TensorFlow's file `checkpoint`, which names the checkpoints of a folder, the latest first of all.

`tf.train.get_checkpoint_state` says of a file that it cannot read only that there is none.
"""

import copy
import dataclasses
import os
from collections.abc import Set
from typing import Any

import tensorflow as tf
from google.protobuf import text_format

from checkpoint_sweep.common.files import read_text, write_text
from checkpoint_sweep.model_run.checkpoints import CheckpointError

_NAME = "checkpoint"


@dataclasses.dataclass(frozen=True)
class CheckpointState:
    """The content of the file.

    Attributes:
        folder: Folder of the file.
    """

    folder: str
    _proto: Any

    @property
    def latest(self) -> str:
        """The name of the checkpoint that training resumes from, without its folder."""
        return os.path.basename(self._proto.model_checkpoint_path)

    def write_without(self, gone: Set[str], newest: str) -> None:
        """Writes the file so that it names only what remains, unless it does so already.

        What it names and is not there does not remain. Paths stay as they are, absolute or not.

        Args:
            gone: Names of the checkpoints that go.
            newest: Name of the newest that remains, for `latest` where that does not.
        """

        def remains(path: str) -> bool:
            there = tf.io.gfile.exists(os.path.join(self.folder, f"{path}.index"))
            return there and os.path.basename(path) not in gone

        proto = copy.deepcopy(self._proto)
        paths, times = proto.all_model_checkpoint_paths, proto.all_model_checkpoint_timestamps
        is_timed = len(times) == len(paths)
        named = zip(paths, times if is_timed else [0.0] * len(paths), strict=True)
        kept = [(path, time) for path, time in named if remains(path)]
        latest = proto.model_checkpoint_path
        if not remains(latest):
            latest = proto.model_checkpoint_path = os.path.join(os.path.dirname(latest), newest)
        if latest not in dict(kept):  # As TensorFlow writes it: all are.
            written = tf.io.gfile.stat(os.path.join(self.folder, f"{latest}.index"))
            kept.append((latest, written.mtime_nsec / 1e9))
        paths[:] = [path for path, _ in kept]
        times[:] = [time for _, time in kept if is_timed]
        if proto != self._proto:
            write_text(os.path.join(self.folder, _NAME), text_format.MessageToString(proto))


def read_state(folder: str) -> CheckpointState | None:
    """Reads the file of a folder; None if there is none.

    Raises:
        CheckpointError: It is no such file.
    """
    path = os.path.join(folder, _NAME)
    if not tf.io.gfile.exists(path):
        return None
    # The class of the message is not public; this function returns one of it.
    proto = tf.compat.v1.train.generate_checkpoint_state_proto("", "x")
    proto.Clear()
    try:
        return CheckpointState(folder, text_format.Merge(read_text(path), proto))
    except (text_format.ParseError, UnicodeDecodeError, OSError, tf.errors.OpError) as error:
        raise CheckpointError(
            f"{path} cannot be read as TensorFlow's list of checkpoints. Restore it, or remove it."
        ) from error
