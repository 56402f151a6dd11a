"""States of files at one moment, by which it is told later whether they have changed."""

import dataclasses
import os
from collections.abc import Iterable, Mapping

State = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class FileStates:
    """The states of files, which change whenever a file is written.

    Equal states stand for equal content, as in `make` and `git`. Unequal ones do not stand for
    unequal content: a file may have been linked, or written with the same bytes.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     before = FileStates.of([file.name])
    ...     _ = file.write(b"more") and file.flush()
    ...     before.changed() == [file.name]
    True

    Attributes:
        states: State of each file by path: inode, size, and times of content and of inode; of a
            remote one, size and time. None for one that is not there.
    """

    states: Mapping[str, State | None]

    @classmethod
    def of(cls, paths: Iterable[str]) -> "FileStates":
        """Looks at files, without reading them."""
        return cls({path: _state(path) for path in paths})

    def differences(self, other: "FileStates") -> list[str]:
        """Lists the files whose states are not equal in both, in order."""
        paths = self.states.keys() | other.states.keys()
        return sorted(path for path in paths if self.states.get(path) != other.states.get(path))

    def changed(self) -> list[str]:
        """Lists the files whose states are others now, in order."""
        return self.differences(FileStates.of(self.states))

    def are_there(self) -> bool:
        """Tells whether all files are there now."""
        return None not in FileStates.of(self.states).states.values()


def _state(path: str) -> State | None:
    if "://" not in path:
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    import tensorflow as tf  # Only here: it takes seconds.

    try:
        remote = tf.io.gfile.stat(path)
    except tf.errors.NotFoundError:
        return None
    return remote.length, remote.mtime_nsec
