"""Checkpoints of a run that goes on, held back from the trainer's deletion."""

import os
import shutil

from absl import logging

from checkpoint_sweep.common import locks
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


def hold(run: str, held: str) -> list[int]:
    """Links, or copies, what is new and complete in a run.

    A step that was written again, by a training that was started anew, takes the place of the one
    before. One that is not complete is left for the next time, and one that the trainer deletes
    before it is linked is named by a warning. Whoever else holds into the same directory is waited
    for.

    Args:
        run: local directory of a training run; it need not be there yet.
        held: local directory for the checkpoints.

    Returns:
        Steps that are new, or other than before.

    Raises:
        CheckpointError: what is in the run is not one series of checkpoints.
    """
    try:
        found = list_checkpoints(run)
    except NoCheckpointError:
        return []
    with locks.waited_for(os.path.join(held, _LOCK)):
        _remove_partials(held)
        return [checkpoint.step for checkpoint in found if _hold(checkpoint, held)]


def _remove_partials(held: str) -> None:
    """Removes what a process that was killed has left half-written."""
    for name in os.listdir(held):
        if PARTIAL in name:
            os.remove(os.path.join(held, name))


def _hold(checkpoint: Checkpoint, held: str) -> bool:
    """Whether something has been linked."""
    folder, name = os.path.split(checkpoint.prefix)
    try:
        new = _new_files(checkpoint, held)
        if new:
            TensorBundle(checkpoint.prefix)
            check_data_files(checkpoint)
        for file in new:
            _link(os.path.join(folder, file), os.path.join(held, file))
    except (FileNotFoundError, UnreadableError, CheckpointError):
        new = []
    places = (os.path.join(place, f"{name}.index") for place in (folder, held))
    if not any(map(os.path.exists, places)):
        logging.warning(
            "The checkpoint of step %d was deleted before it could be held, and is not evaluated. "
            "Let the trainer keep more, or look more often.",
            checkpoint.step,
        )
    return bool(new)


def _new_files(checkpoint: Checkpoint, held: str) -> list[str]:
    """Names of those files that hold weights, the index last: what has one is complete."""
    folder, name = os.path.split(checkpoint.prefix)
    files = [f for f in os.listdir(folder) if f.startswith((f"{name}.index", f"{name}.data-"))]
    new = [f for f in files if not _same(os.path.join(folder, f), os.path.join(held, f))]
    return sorted(new, key=lambda f: f.endswith(".index"))


def _same(source: str, target: str) -> bool:
    """Whether the target is the source, or a copy of it."""
    if not os.path.exists(target):
        return False
    a, b = os.stat(source), os.stat(target)
    same_file = (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)
    return same_file or (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)


def _link(source: str, target: str) -> None:
    scratch = f"{target}{PARTIAL}link"
    try:
        os.link(source, scratch)
    except FileNotFoundError:
        raise
    except OSError:  # Of another file system.
        shutil.copy2(source, scratch)
    os.replace(scratch, target)
