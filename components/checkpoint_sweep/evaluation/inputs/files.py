"""Finds files of examples among what other systems leave beside them."""

import os

import tensorflow as tf

_HIDDEN = ("_", ".")  # _SUCCESS, _metadata, .part-0.crc, .DS_Store
_CHECKSUM = ".crc"
_GZIP = b"\x1f\x8b"


def data_files(pattern: str) -> list[str]:
    """Lists what a pattern matches, in order.

    Files that are hidden, or say how a job went (`_SUCCESS`), and checksums are not among them,
    unless the pattern names such.
    """
    named = os.path.basename(pattern)
    return sorted(
        path
        for path in tf.io.gfile.glob(pattern)
        if not is_aside(os.path.basename(path.rstrip("/"))) or is_aside(named)
    )


def is_aside(name: str) -> bool:
    """Tells whether a file or folder of this name holds no examples."""
    return name.startswith(_HIDDEN) or name.endswith(_CHECKSUM)


def compression_of(path: str) -> str:
    """Names the compression of a TFRecord file as TensorFlow does, by its first bytes.

    Raises:
        tf.errors.OpError: The file cannot be read.
    """
    with tf.io.gfile.GFile(path, "rb") as file:
        return "GZIP" if file.read(2) == _GZIP else ""
