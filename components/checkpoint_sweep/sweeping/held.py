"""Checkpoints of a run that goes on, held back from the trainer's deletion."""

import contextlib
import os
import shutil
import time

from checkpoint_sweep.model_run.checkpoints import (
    Checkpoint,
    CheckpointError,
    NoCheckpointError,
    find_checkpoints,
)
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle, UnreadableError

_ATTEMPTS, _PAUSE = 10, 0.1


def hold(run: str, held: str) -> list[int]:
    """Links, or copies, what is new and complete in a run.

    A step that was written again, by a training that was started anew, takes the place of the one
    before. What the trainer deletes while it is being linked is not held.

    Args:
        run: local directory of a training run; it need not be there yet.
        held: local directory for the checkpoints.

    Returns:
        Steps that are new, or other than before.

    Raises:
        CheckpointError: the checkpoints are no series, see `find_checkpoints`, or the data of one
            stay missing.
    """
    found = _complete(run)
    os.makedirs(held, exist_ok=True)
    return [checkpoint.step for checkpoint in found if _hold(checkpoint, held)]


def _complete(run: str) -> list[Checkpoint]:
    """The checkpoints of a run; none if there is none yet.

    While the trainer deletes one, it is incomplete for a moment, and the folder is looked at again.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return find_checkpoints(run)
        except NoCheckpointError:
            break
        except CheckpointError:
            if attempt == _ATTEMPTS - 1:
                raise
        time.sleep(_PAUSE)
    return []


def _hold(checkpoint: Checkpoint, held: str) -> bool:
    """Whether something has been linked."""
    folder, name = os.path.split(checkpoint.prefix)
    with contextlib.suppress(FileNotFoundError, UnreadableError):
        TensorBundle(checkpoint.prefix)
        files = sorted(f for f in os.listdir(folder) if f.startswith(f"{name}."))
        new = [f for f in files if not _same(os.path.join(folder, f), os.path.join(held, f))]
        # The index last: what has one is complete.
        for file in sorted(new, key=lambda f: f.endswith(".index")):
            _link(os.path.join(folder, file), os.path.join(held, file))
        return bool(new)
    return False


def _same(source: str, target: str) -> bool:
    if not os.path.exists(target):
        return False
    if os.path.samefile(source, target):
        return True
    a, b = os.stat(source), os.stat(target)
    return (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)


def _link(source: str, target: str) -> None:
    scratch = f"{target}.partial-link"
    with contextlib.suppress(FileNotFoundError):
        os.remove(scratch)
    try:
        os.link(source, scratch)
    except OSError:  # Of another file system.
        shutil.copy2(source, scratch)
    os.replace(scratch, target)
