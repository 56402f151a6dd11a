"""Puts URIs for local paths into the files that an executor has written."""

import os
import re
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

from checkpoint_sweep.common.files import PARTIAL

# What is read by people. Training state (`checkpoint`) needs the paths that it was written with.
_SUFFIXES = frozenset({".json", ".html", ".csv", ".md", ".txt"})
_NAMES = frozenset({"BLESSED", "NOT_BLESSED"})
_BINARY = b"\0"


def write_uris(folders: Iterable[str], uris: Mapping[str, str]) -> None:
    """Replaces local paths by the URIs they stand for, in the text files below some folders.

    Args:
        folders: Folders of artifacts, on this machine.
        uris: URI of every artifact, by its local path.
    """
    if not uris:
        return
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if (path.suffix in _SUFFIXES or path.name in _NAMES) and path.is_file():
                content = path.read_bytes()
                written = with_uris(content, uris)
                if written != content:
                    scratch = path.with_name(f".{path.name}{PARTIAL}{uuid.uuid4().hex}")
                    scratch.write_bytes(written)
                    os.replace(scratch, path)


def with_uris(content: bytes, uris: Mapping[str, str]) -> bytes:
    """Puts URIs for local paths into a text; what is no text stays as it is.

    A path is replaced where it stands by itself or begins a longer one, not where it is only the
    beginning of another name: `/minio/b/model` in `/minio/b/model/1`, not in `/minio/b/model_run`.

    Args:
        content: Content of a file, UTF-8.
        uris: URI of every artifact, by its local path.
    """
    if _BINARY in content:
        return content
    # The longest first: one artifact's path can be the beginning of another's.
    names = "|".join(re.escape(path) for path in sorted(uris, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w./-])(?:{names})(?![\w-]|\.\w)".encode())
    return pattern.sub(lambda found: uris[found.group().decode()].encode(), content)
