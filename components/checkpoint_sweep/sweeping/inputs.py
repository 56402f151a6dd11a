"""All that a sweep is made from, listed without reading it. Importing it must stay cheap."""

import dataclasses
import enum
import fnmatch
import functools
import importlib.metadata
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from checkpoint_sweep.common import files
from checkpoint_sweep.common.digests import of_parts
from checkpoint_sweep.common.snapshot import Snapshot
from checkpoint_sweep.common.source_fingerprint import digest_sources
from checkpoint_sweep.sweeping.options import SweepOptions

_LIBRARY = Path(__file__).parent.parent
_EVALUATING = ("tensorflow", "tensorflow-model-analysis")
_SPECIAL, _WILD = "[\\", "*?"  # Of patterns: those that are left to TensorFlow, and the others.


class UnknownInputsError(Exception):
    """Only a sweep can find what it is made from; the message says of what."""


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What a sweep is made from. Two sweeps of equal inputs have equal results.

    Attributes:
        key: Digest of the arguments, and of the versions of what evaluates.
        paths: Paths of all files: of the runs, the models, the examples, the config, the schema.
    """

    key: str
    paths: Sequence[str]

    @classmethod
    def of(
        cls, directories: Sequence[str], exports: Sequence[str], options: SweepOptions
    ) -> "Inputs":
        """Looks for the files of a sweep.

        Args:
            directories: Directories of the runs, as `several_runs.expand` gives them.
            exports: Directories of the exported models.
            options: Options of the sweep.

        Raises:
            UnknownInputsError: A policy is not of this library, or there are files that only
                TensorFlow can find or read.
            OSError: A folder cannot be read.
        """
        given = dataclasses.replace(
            options,
            examples=options.patterns,
            select=options.selection,
            other_splits=options.patterns_of_splits,
        )
        key = json.dumps([_plain([directories, exports, given]), _versions()])
        folders = [*directories, *exports, options.baseline, options.eval_model]
        single = [options.config if isinstance(options.config, str) else None, options.schema]
        splits = options.patterns_of_splits.values()
        patterns = [*options.patterns, *(pattern for split in splits for pattern in split)]
        named = [path for path in (*folders, *single) if path is not None]
        paths = [found for path in named for found in _below(path)]
        paths += [found for pattern in patterns for found in _matching(pattern)]
        if special := files.special_file(paths):
            raise UnknownInputsError(special)
        return cls(of_parts(key), list(dict.fromkeys(map(os.path.abspath, paths))))

    def snapshot(self) -> Snapshot:
        """Looks at all files.

        Raises:
            OSError: One cannot be looked at.
        """
        return Snapshot.of(self.paths)


def is_of_library(module: str) -> bool:
    """Tells whether a module is one of this library, whose code is in the key of inputs."""
    return module.partition(".")[0] == _LIBRARY.name


def _below(path: str) -> Iterator[str]:
    """Lists a path itself, or the files below a folder."""
    if "://" in path:
        raise UnknownInputsError(path)
    if not os.path.isdir(path):
        yield path
    for folder, _, names in files.walk(path):
        yield from (os.path.join(folder, name) for name in names)


def _matching(pattern: str) -> Iterator[str]:
    """Lists what a pattern matches, and what is below that: at least the files of its examples."""
    if "://" in pattern or os.path.exists(pattern):
        yield from _below(pattern)
        return
    folder, name = os.path.split(pattern)
    if any(letter in folder for letter in _SPECIAL + _WILD) or any(c in name for c in _SPECIAL):
        raise UnknownInputsError(pattern)
    for found in os.listdir(folder or "."):
        if fnmatch.fnmatchcase(found, name):
            yield from _below(os.path.join(folder, found))


def _plain(value: Any) -> Any:
    """Returns arguments as JSON, of which other arguments have another."""
    if isinstance(value, Message):
        return [type(value).__name__, value.SerializeToString(deterministic=True).hex()]
    if isinstance(value, enum.Enum):
        return [type(value).__name__, value.name]
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, Mapping):
        return ["mapping", [[_plain(key), _plain(item)] for key, item in value.items()]]
    if isinstance(value, list | tuple):
        return ["sequence", [_plain(item) for item in value]]
    if dataclasses.is_dataclass(value) and is_of_library(type(value).__module__):
        fields = [[f.name, _plain(getattr(value, f.name))] for f in dataclasses.fields(value)]
        return [type(value).__name__, fields]
    raise UnknownInputsError(repr(value))


@functools.cache
def _versions() -> list[str]:
    """Lists the versions of what evaluates: of this library, its code."""
    try:
        packages = [importlib.metadata.version(name) for name in _EVALUATING]
    except importlib.metadata.PackageNotFoundError as error:
        raise UnknownInputsError(str(error)) from error
    code = digest_sources({str(path): path for path in _LIBRARY.rglob("*.py")})
    return [sys.version, code, *packages]
