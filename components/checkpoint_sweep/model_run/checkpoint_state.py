"""TensorFlow's file `checkpoint`, which names the checkpoints of a folder, the latest first of all.

`tf.train.get_checkpoint_state` says of a file that it cannot read only that there is none.
"""

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
        latest: Name of the checkpoint that training resumes from, without its folder.
    """

    folder: str
    latest: str
    _text: str

    def without(self, gone: Set[str], newest: str) -> str:
        """Returns the text of a file that names only what remains.

        What it names and is not there does not remain. Paths stay as they are, absolute or not.

        Args:
            gone: Names of the checkpoints that go.
            newest: Name of the newest that remains, for `latest` where that does not.
        """
        proto = _parse(self._text)
        remains = [
            _file_name(path) not in gone and self._is_there(path)
            for path in proto.all_model_checkpoint_paths
        ]
        paths, times = list(proto.all_model_checkpoint_paths), proto.all_model_checkpoint_timestamps
        timed = list(times) if len(times) == len(paths) else []
        del proto.all_model_checkpoint_paths[:], proto.all_model_checkpoint_timestamps[:]
        proto.all_model_checkpoint_paths.extend(p for p, r in zip(paths, remains, strict=True) if r)
        if timed:
            times.extend(t for t, r in zip(timed, remains, strict=True) if r)
        latest = proto.model_checkpoint_path
        if _file_name(latest) in gone or not self._is_there(latest):
            latest = proto.model_checkpoint_path = os.path.join(os.path.dirname(latest), newest)
        if latest not in proto.all_model_checkpoint_paths:  # As TensorFlow writes it: all are.
            proto.all_model_checkpoint_paths.append(latest)
            if timed:
                written = tf.io.gfile.stat(os.path.join(self.folder, f"{latest}.index"))
                times.append(written.mtime_nsec / 1e9)
        return str(text_format.MessageToString(proto))

    def write(self, text: str) -> None:
        """Replaces the file, unless it has this content."""
        if _parse(text) != _parse(self._text):
            write_text(os.path.join(self.folder, _NAME), text)

    def _is_there(self, path: str) -> bool:
        return bool(tf.io.gfile.exists(os.path.join(self.folder, f"{path}.index")))


def read_state(folder: str) -> CheckpointState | None:
    """Reads the file of a folder; None if there is none.

    Raises:
        CheckpointError: It is no such file.
    """
    path = os.path.join(folder, _NAME)
    if not tf.io.gfile.exists(path):
        return None
    try:
        text = read_text(path)
        return CheckpointState(folder, _file_name(_parse(text).model_checkpoint_path), text)
    except (text_format.ParseError, UnicodeDecodeError, OSError, tf.errors.OpError) as error:
        raise CheckpointError(
            f"{path} cannot be read as TensorFlow's list of checkpoints. Restore it, or remove it."
        ) from error


def _parse(text: str) -> Any:
    # The class of the message is not public; this function returns one of it.
    proto = tf.compat.v1.train.generate_checkpoint_state_proto("", "x")
    proto.Clear()
    return text_format.Merge(text, proto)


def _file_name(path: str) -> str:
    return os.path.basename(path)
