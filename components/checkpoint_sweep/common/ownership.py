"""Marks the folders that this library makes. It removes no folder without the mark.

A folder's name proves nothing: `2024` may be a sweep, a year of data or a model server's version.
The mark is a file that says what the folder is, so that a copy under another name is the user's.
"""

import os
import shutil

from checkpoint_sweep.common.errors import SweepError

MARKER = ".checkpoint-sweep"


def mark(folder: str, what: str) -> None:
    """Marks a folder, which is made if need be, as one that this library has made.

    Args:
        folder: Local folder, or one of a remote file system.
        what: Words that say what the folder is; only the same words recognize it.
    """
    if "://" in folder:
        import tensorflow as tf

        tf.io.gfile.makedirs(folder)
        with tf.io.gfile.GFile(_marker(folder), "w") as file:
            file.write(_text(what))
        return
    os.makedirs(folder, exist_ok=True)
    content = _text(what).encode()
    # Not truncated before: another process that marks it too must not find it unmarked.
    with os.fdopen(os.open(_marker(folder), os.O_WRONLY | os.O_CREAT, 0o644), "wb") as file:
        file.write(content)
        file.truncate()


def is_ours(folder: str, what: str) -> bool:
    """Checks whether this library has made a folder, as `what`.

    A symbolic link is not what it leads to.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     mark(f"{parent}/0001", "sweep 0001")
    ...     is_ours(f"{parent}/0001", "sweep 0001"), is_ours(parent, "sweep 0001")
    (True, False)
    """
    if "://" in folder:
        import tensorflow as tf

        marker = _marker(folder)
        if not tf.io.gfile.exists(marker):
            return False
        with tf.io.gfile.GFile(marker, "rb") as file:
            return bool(file.read() == _text(what).encode())
    if os.path.islink(folder.rstrip("/")) or not os.path.isfile(_marker(folder)):
        return False
    with open(_marker(folder), "rb") as file:
        return file.read() == _text(what).encode()


def claim(folder: str, what: str, refusal: SweepError) -> None:
    """Makes a local folder, or takes one that is empty or ours.

    Args:
        folder: Local folder.
        what: Words that say what the folder is.
        refusal: Error to raise if something else is in it.

    Raises:
        SweepError: There is something in it, and this library has not made it.
        OSError: It cannot be made, read or written.
    """
    os.makedirs(folder, exist_ok=True)
    real = os.path.realpath(folder)  # An output may be a link to another disk.
    is_empty = not set(os.listdir(real)) - {MARKER}  # First: others mark it before they go on.
    if is_ours(real, what):
        return
    if not is_empty:
        raise refusal
    mark(real, what)


def remove(folder: str, what: str) -> bool:
    """Removes a folder if this library has made it, as `what`. Links in it are not followed.

    Returns:
        Whether there is none now.
    """
    if is_ours(folder, what):
        remove_tree(folder)
        return True
    if "://" in folder:
        import tensorflow as tf

        return not tf.io.gfile.exists(folder)
    return not os.path.lexists(folder)


def remove_tree(folder: str) -> None:
    """Removes a folder whose name the caller has drawn at random, or that is marked.

    `tf.io.gfile.rmtree` removes what links in a folder lead to; it is for remote folders only.
    """
    if "://" in folder:
        import tensorflow as tf

        tf.io.gfile.rmtree(folder)
    else:
        shutil.rmtree(folder)


def _marker(folder: str) -> str:
    return f"{folder.rstrip('/')}/{MARKER}"


def _text(what: str) -> str:
    return f"{what}, made by checkpoint-sweep, which may remove it\n"
