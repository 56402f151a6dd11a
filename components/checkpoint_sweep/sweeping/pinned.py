"""Checkpoints of a run that goes on, pinned so that the trainer may delete them."""

import os
import shutil

from absl import logging

from checkpoint_sweep.common import locks, ownership
from checkpoint_sweep.common.files import PARTIAL
from checkpoint_sweep.model_run.checkpoints import (
    Checkpoint,
    CheckpointError,
    NoCheckpointError,
    check_data_files,
    list_checkpoints,
)
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle, UnreadableError

_LOCK = ".lock"
_PINNED = "pinned checkpoints"
_LINK = f"{PARTIAL}link"


def pin(run: str, pinned: str, step_from: str | None = None) -> list[int]:
    """Links, or copies, the checkpoints of a run that are new and complete.

    A step that was written again, by a training that was started anew, takes the place of the one
    before. One that is not complete is left for the next time, and one that the trainer deletes
    before it is linked is named by a warning. Another process that pins into the same directory is
    waited for.

    Args:
        run: Local directory of a training run; it need not be there yet.
        pinned: Local directory for the checkpoints.
        step_from: Regular expression that finds the step in a name; None to tell it from the names.

    Returns:
        Steps of the checkpoints that are new, or other than before.

    Raises:
        CheckpointError: The files in the run are not one series of checkpoints, or something else
            is in the directory for the pinned.
    """
    try:
        found = list_checkpoints(run, step_from)
    except NoCheckpointError:
        return []
    refusal = CheckpointError(
        f"{pinned} is not empty, and was not made by a watch: no checkpoint is pinned there. Name "
        "another output."
    )
    ownership.claim(pinned, _PINNED, refusal)
    with locks.waited_for(os.path.join(pinned, _LOCK)):
        _remove_partials(pinned)
        return [checkpoint.step for checkpoint in found if _pin(checkpoint, pinned)]


def sweeps_of(directory: str) -> str | None:
    """Returns the output of the sweeps whose checkpoints a directory holds; None for a run."""
    path = os.path.abspath(directory)
    return os.path.dirname(path) if ownership.is_ours(path, _PINNED) else None


def _remove_partials(pinned: str) -> None:
    """Removes what a process that was killed has left half-written."""
    for name in os.listdir(pinned):
        if name.endswith(_LINK):
            os.remove(os.path.join(pinned, name))


def _pin(checkpoint: Checkpoint, pinned: str) -> bool:
    """Links the new files of a checkpoint; whether there were any."""
    folder, name = os.path.split(checkpoint.prefix)
    try:
        new = _new_files(checkpoint, pinned)
        if new:
            TensorBundle(checkpoint.prefix)
            check_data_files(checkpoint)
        for file in new:
            _link(os.path.join(folder, file), os.path.join(pinned, file))
    except (FileNotFoundError, UnreadableError, CheckpointError):
        new = []
    indices = (os.path.join(directory, f"{name}.index") for directory in (folder, pinned))
    if not any(map(os.path.exists, indices)):
        logging.warning(
            "The checkpoint of step %d was deleted before it could be pinned, and is not "
            "evaluated. Let the trainer keep more, or look more often.",
            checkpoint.step,
        )
    return bool(new)


def _new_files(checkpoint: Checkpoint, pinned: str) -> list[str]:
    """Names those files that hold weights, the index last: what has one is complete."""
    folder, name = os.path.split(checkpoint.prefix)
    files = [f for f in os.listdir(folder) if f.startswith((f"{name}.index", f"{name}.data-"))]
    new = [f for f in files if not is_same_file(os.path.join(folder, f), os.path.join(pinned, f))]
    return sorted(new, key=lambda f: f.endswith(".index"))


def is_same_file(source: str, target: str) -> bool:
    """Tells whether a local file is the source, or a copy of it; False where one is not there."""
    if not (os.path.exists(source) and os.path.exists(target)):
        return False
    a, b = os.stat(source), os.stat(target)
    same_file = (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)
    return same_file or (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)


def _link(source: str, target: str) -> None:
    scratch = f"{target}{_LINK}"
    try:
        os.link(source, scratch)
    except FileNotFoundError:
        raise
    except OSError:  # Of another file system.
        shutil.copy2(source, scratch)
    os.replace(scratch, target)
