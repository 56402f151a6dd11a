"""Makes digests of content: equal when, for all that matters, two things are the same."""

import hashlib
import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from checkpoint_sweep.common.files import walk

_CHUNK = 1 << 24


def of_parts(*parts: str | bytes) -> str:
    """Digests several texts in their order; returns 32 hexadecimal characters."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def of_files(paths: Iterable[str]) -> str:
    """Digests the content of files, whatever their names and order."""
    import tensorflow as tf  # Only here: it takes seconds.

    found = []
    for path in paths:
        with tf.io.gfile.GFile(path, "rb") as file:
            found.append(of_stream(file))
    return of_parts(*sorted(found))


def of_stream(file: Any) -> str:
    """Digests what is left to read of a file that is open in binary mode."""
    digest = hashlib.blake2b(digest_size=16)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def files_of_folder(folder: str) -> list[str]:
    """Lists the files below a folder, on any file system; see `files.walk` for links."""
    return [os.path.join(where, name) for where, _, names in walk(folder) for name in names]


def of_folder(folder: str) -> str:
    """Digests the names and the content of the files below a folder, on any file system."""
    files = {os.path.relpath(path, folder): path for path in files_of_folder(folder)}
    return of_parts(*(part for name in sorted(files) for part in (name, of_files([files[name]]))))


class TensorDigest:
    """Digest of named tensors that are added one by one."""

    def __init__(self) -> None:
        self._digest = hashlib.blake2b(digest_size=16)

    def add(self, name: str, value: np.ndarray) -> None:
        """Adds a tensor."""
        content = value.tobytes() if value.dtype != object else repr(value.tolist()).encode()
        form = f"{name}\0{value.dtype}\0{value.shape}\0{len(content)}\0".encode()
        self._digest.update(form + content)

    def hexdigest(self) -> str:
        """Returns 32 hexadecimal characters."""
        return self._digest.hexdigest()
