"""Removes checkpoints so that a kill at any moment leaves each of them whole, or none of it.

A checkpoint is there as long as its index is. So the index is renamed first, to a name that readers
do not know, by which a later removal finds what is left of the data.
"""

import contextlib
import os
from collections.abc import Sequence

import tensorflow as tf

from checkpoint_sweep.common.files import PARTIAL
from checkpoint_sweep.model_run.checkpoint_state import read_state
from checkpoint_sweep.model_run.checkpoints import Checkpoint
from checkpoint_sweep.saved_model.tensor_bundle import bundle_files

_INDEX = ".index"
_ASIDE = f"{PARTIAL}removed-"


def files_of(prefix: str) -> list[str]:
    """Lists all files of a checkpoint: index, data, and the graph that TensorFlow 1 writes."""
    graph = f"{prefix}.meta"
    return [*bundle_files(prefix), *([graph] if tf.io.gfile.exists(graph) else [])]


def remove_checkpoints(gone: Sequence[Checkpoint], remaining: Sequence[Checkpoint]) -> None:
    """Removes checkpoints, after TensorFlow's list of them names only those that remain.

    Args:
        gone: Checkpoints to remove, all of one folder.
        remaining: The others of the folder, by step; at least one.

    Raises:
        CheckpointError: TensorFlow's list is damaged; nothing has been removed.
        OSError, tf.errors.OpError: A file cannot be removed.
    """
    folder, newest = os.path.split(remaining[-1].prefix)
    if state := read_state(folder):
        names = {os.path.basename(checkpoint.prefix) for checkpoint in gone}
        state.write_without(names, newest)
    for checkpoint in gone:
        name = os.path.basename(checkpoint.prefix)
        tf.io.gfile.rename(checkpoint.prefix + _INDEX, os.path.join(folder, _ASIDE + name))
        _finish(folder, name)


def leftovers(folder: str) -> list[str]:
    """Lists the files that an interrupted removal has left of checkpoints."""
    return [path for name in _names_aside(folder) for path in _left_of(folder, name)]


def finish_removals(folder: str) -> None:
    """Removes what an interrupted removal has left."""
    for name in _names_aside(folder):
        _finish(folder, name)


def _names_aside(folder: str) -> list[str]:
    names = tf.io.gfile.listdir(folder)
    return sorted(name.removeprefix(_ASIDE) for name in names if name.startswith(_ASIDE))


def _finish(folder: str, name: str) -> None:
    """Removes what is left of a checkpoint whose index is set aside; that goes last."""
    for path in _left_of(folder, name):
        with contextlib.suppress(FileNotFoundError, tf.errors.NotFoundError):
            tf.io.gfile.remove(path)


def _left_of(folder: str, name: str) -> list[str]:
    prefix, aside = os.path.join(folder, name), os.path.join(folder, _ASIDE + name)
    if tf.io.gfile.exists(prefix + _INDEX):
        return [aside]  # Training has written it again.
    return [*files_of(prefix), aside]
