"""Files at one moment, by which another process tells much later that none has changed."""

import dataclasses
import time
from collections.abc import Iterable, Mapping

from checkpoint_sweep.common.digests import of_stream
from checkpoint_sweep.common.file_states import FileStates
from checkpoint_sweep.common.json_safe import Json

# A file may be written twice within one tick of its file system's clock, and keeps its state then.
# That of FAT, the longest, is this long.
_TICK = 2_000_000_000


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """Local files at one moment: their states, as in `git`, and the content of the newest.

    Attributes:
        states: States of all files, by path.
        contents: Digests of those that were written just before, by path.
    """

    states: FileStates
    contents: Mapping[str, str]

    @classmethod
    def of(cls, paths: Iterable[str]) -> "Snapshot":
        """Looks at files, and reads those that were written just before.

        Raises:
            OSError: A file cannot be looked at, or not be read.
        """
        young = time.time_ns() - _TICK
        states = FileStates.of(paths)
        fresh = [path for path, state in states.states.items() if state and max(state[3:]) > young]
        return cls(states, {path: _digest(path) for path in fresh})

    def shows(self, paths: Iterable[str]) -> bool:
        """Tells whether it is of these files, none of which has changed since.

        Raises:
            OSError: A file cannot be looked at, or not be read.
        """
        return FileStates.of(paths) == self.states and all(
            _digest(path) == content for path, content in self.contents.items()
        )

    def to_dict(self) -> Json:
        """Returns the snapshot as JSON."""
        return {"states": dict(self.states.states), "contents": dict(self.contents)}

    @classmethod
    def from_dict(cls, content: Json) -> "Snapshot":
        """Returns the snapshot that `to_dict` gave."""
        states = {
            path: None if state is None else tuple(state)
            for path, state in content["states"].items()
        }
        return cls(FileStates(states), content["contents"])


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return of_stream(file)
