"""Writes files and folders whole or not at all, on any file system that TensorFlow can reach."""

import contextlib
import errno
import json
import os
import uuid
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from checkpoint_sweep.common.ownership import remove_tree

# Readers and clean-ups know by it what a process that was killed has left behind.
PARTIAL = ".partial-"
_OF_KERNEL = ("/proc/", "/sys/", "/dev/")


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[str]:
    """Yields a temporary name, which becomes `path` when the block ends without an error.

    The temporary name lies beside `path`; a file or folder under it is removed after an error.

    Args:
        path: Path of a file, which may exist, or of a folder, which may not.
    """
    import tensorflow as tf  # Only here: it takes seconds, and not every reader of JSON writes.

    target = str(path).rstrip("/")
    scratch = f"{target}{PARTIAL}{uuid.uuid4().hex}"
    tf.io.gfile.makedirs(target.rpartition("/")[0] or ".")
    try:
        yield scratch
        move(scratch, target)
    except BaseException:
        if tf.io.gfile.isdir(scratch):
            remove_tree(scratch)
        elif tf.io.gfile.exists(scratch):
            tf.io.gfile.remove(scratch)
        raise


def move(source: str, target: str) -> None:
    """Renames a file or a folder.

    On object stores, where folders are but the beginnings of names, the files of a folder are
    copied one by one, those at its top last.
    """
    import tensorflow as tf

    if "://" not in target or not tf.io.gfile.isdir(source):
        tf.io.gfile.rename(source, target, overwrite=True)
        return
    copy_folder(source, target)
    tf.io.gfile.rmtree(source)  # Remote, where there are no links.


def copy_folder(source: str, target: str, omitted: Collection[str] = ()) -> None:
    """Copies the files of a folder and of those below it, those at its top last.

    Args:
        source: Folder to copy.
        target: Folder to write to; what is there under the same names is replaced.
        omitted: Names of files and folders at the top that are not copied.
    """
    import tensorflow as tf

    for folder, _, names in tf.io.gfile.walk(source, topdown=False):
        below = folder.rstrip("/").removeprefix(source.rstrip("/")).strip("/")
        if below.partition("/")[0] in omitted:
            continue
        into = f"{target}/{below}" if below else target
        tf.io.gfile.makedirs(into)
        for name in names:
            if below or name not in omitted:
                tf.io.gfile.copy(f"{folder.rstrip('/')}/{name}", f"{into}/{name}", overwrite=True)


def absolute(path: str) -> str:
    """Returns a path that means the same in another process; a URI is one already."""
    return path if "://" in path else os.path.abspath(path)


def special_file(paths: Iterable[str | Path]) -> str | None:
    """Finds the first of local paths that is there and neither file nor folder, such as a pipe.

    Reading it might wait for ever.
    """
    for path in map(str, paths):
        if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            return path
    return None


def walk(directory: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walks through a folder on any file system; nothing where there is none.

    Links to folders are followed, but not in circles, and not to where the kernel shows itself.

    Yields:
        A folder, and the names of the folders and of the files in it.

    Raises:
        OSError: A folder cannot be read.
    """
    if "://" in directory:
        import tensorflow as tf

        yield from tf.io.gfile.walk(directory)
        return
    followed = {os.path.realpath(directory)}
    for folder, folders, names in os.walk(directory, onerror=_refused, followlinks=True):
        folders[:] = [name for name in folders if _leads_on(os.path.join(folder, name), followed)]
        yield folder, folders, names


def _refused(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def _leads_on(path: str, followed: set[str]) -> bool:
    """Tells whether to go into a folder; one that a link leads to is added to those `followed`."""
    if not os.path.islink(path):
        return True
    target = os.path.join(os.path.realpath(path), "")
    known = [os.path.join(folder, "") for folder in followed]
    if target.startswith(_OF_KERNEL) or any(
        target.startswith(folder) or folder.startswith(target) for folder in known
    ):
        return False
    followed.add(target)
    return True


def check_access(folder: str) -> None:
    """Checks that what is in a local folder can be seen, if the folder is there.

    Raises:
        PermissionError: It cannot, or the folder itself cannot: nothing there would seem to exist.
    """
    if "://" in folder:
        return
    seen, mode = os.path.abspath(folder), os.R_OK | os.X_OK
    while not os.path.isdir(seen) and seen != os.sep:
        seen, mode = os.path.dirname(seen), os.X_OK
    if not os.access(seen, mode):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), seen)


def files_below(directory: str | Path) -> Iterator[str]:
    """Lists all files at or below a folder, in order; none if there is no such local folder."""
    for folder, _, names in os.walk(directory):
        yield from (os.path.join(folder, name) for name in sorted(names))


def read_text(path: str | Path) -> str:
    """Reads a text file, UTF-8; a local one without waiting for TensorFlow's import.

    Raises:
        OSError, tf.errors.OpError: There is no such file.
    """
    if "://" not in str(path):
        return Path(path).read_text(encoding="utf-8")
    import tensorflow as tf

    with tf.io.gfile.GFile(str(path)) as file:
        return str(file.read())


def write_text(path: str | Path, text: str) -> None:
    """Writes a text file, UTF-8, and the folders above it."""
    import tensorflow as tf

    with replacing(path) as scratch, tf.io.gfile.GFile(scratch, "w") as file:
        file.write(text)


def write_json(path: str | Path, content: object) -> None:
    """Writes indented JSON.

    Raises:
        ValueError: A number in it is NaN or infinite, which JSON cannot say.
    """
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def write_records(path: str | Path, records: Iterable[bytes]) -> None:
    """Writes a TFRecord file."""
    import tensorflow as tf

    with replacing(path) as scratch, tf.io.TFRecordWriter(scratch) as writer:
        for record in records:
            writer.write(record)
