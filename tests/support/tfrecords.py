"""Writes and reads whole TFRecord files of serialized examples."""

import os
from collections.abc import Iterable

import tensorflow as tf


def write(path: str | os.PathLike[str], records: Iterable[bytes], compression: str = "") -> str:
    """Writes a file, and returns its path.

    Args:
        path: Path of the file.
        records: Serialized examples.
        compression: "GZIP", or "" for none.
    """
    with tf.io.TFRecordWriter(os.fspath(path), compression) as writer:
        for record in records:
            writer.write(record)
    return os.fspath(path)


def read(path: str | os.PathLike[str], compression: str = "") -> list[bytes]:
    """Reads all records of a file."""
    return list(tf.data.TFRecordDataset(os.fspath(path), compression).as_numpy_iterator())
