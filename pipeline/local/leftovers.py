"""Takes away what a run that was killed has left behind."""

import os
import re
import shutil
from pathlib import Path

from ml_metadata import proto

from checkpoint_sweep.common.files import PARTIAL
from pipeline.local.lock import RootError
from pipeline.reporting.store import Store, state

# As `checkpoint_sweep.common.files.replacing` names them: a name of a user's may have dots too.
_PARTIAL = re.compile(re.escape(PARTIAL) + "[0-9a-f]{32}$")
# As TensorFlow names a half-written checkpoint and other files.
_HALF = re.compile(r"-\d+_temp$|\.tempstate\d+$|\.tmp[0-9a-f]{16,}$")
# What the next execution of a node goes on from.
_OF_USE = {("Trainer", "model_run"), ("CheckpointSweep", "evaluation")}


def close_executions(metadata: Path) -> list[int]:
    """Marks executions as canceled that the metadata store has as running.

    Args:
        metadata: Metadata store, which need not be there; no run may be going on in it.

    Returns:
        Their ids.

    Raises:
        RootError: the file is not a metadata store.
    """
    if not metadata.exists():
        return []
    try:
        store = Store.open(metadata, writable=True)
    except RuntimeError as error:
        # "Error when executing query: file is not a database query: CREATE TABLE ..."
        reason = str(error).removeprefix("Error when executing query: ").partition(" query:")[0]
        raise RootError(
            f"The metadata store {metadata} cannot be opened: {reason}. Restore it, or name "
            "another folder by --root."
        ) from error
    left = [e for e in store.mlmd.get_executions() if state(e) == "running"]
    for execution in left:
        execution.last_known_state = proto.Execution.CANCELED
    if left:
        store.mlmd.put_executions(left)
    return [execution.id for execution in left]


def remove_partials(root: Path) -> list[Path]:
    """Removes half-written files and folders below `root`, and returns them."""
    removed = []
    for parent, folders, files in os.walk(root):
        partial = [name for name in (*folders, *files) if _PARTIAL.search(name)]
        for path in (Path(parent, name) for name in partial):
            _remove(path)
            removed.append(path)
        folders[:] = [name for name in folders if name not in partial]
    return removed


def remove_outputs(root: Path, metadata: Path) -> list[Path]:
    """Removes what executions that did not end have written, except what others go on from.

    No artifact is recorded for it, and Beam's temporary files are in it.

    Args:
        root: Root of the artifacts.
        metadata: Metadata store, with its executions closed.

    Returns:
        What was removed.
    """
    if not metadata.exists():
        return []
    store, removed = Store.open(metadata), []
    for execution in store.mlmd.get_executions():
        if state(execution) != "interrupted":
            continue
        node = store.node_context(execution).name.rpartition(".")[2]
        # TFX names the folders of outputs by the execution, and those of its own likewise.
        for folder in root.glob(f"{node}/*/{execution.id}"):
            if (node, folder.parent.name) not in _OF_USE:
                removed.append(folder)
            else:
                removed += [path for path in folder.rglob("*") if _HALF.search(path.name)]
        removed += root.glob(f"{node}/.system/*/{execution.id}")
    for path in removed:
        _remove(path)
    return removed


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # it may have been in a folder that was removed
