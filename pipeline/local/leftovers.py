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


def close_executions(metadata: Path) -> list[int]:
    """Marks executions as canceled that the metadata store has as running.

    Args:
        metadata: the metadata store, which need not be there; no run may be going on in it.

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
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            removed.append(path)
        folders[:] = [name for name in folders if name not in partial]
    return removed
