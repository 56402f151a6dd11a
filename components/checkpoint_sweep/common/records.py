"""Reads the records of small TFRecord files."""

import inspect
from collections.abc import Iterator

import tensorflow as tf

# Without the notice that it is deprecated: a dataset in its place starts threads and builds graphs,
# which takes a hundred times as long for a file of a few records.
_iterate = inspect.unwrap(tf.compat.v1.io.tf_record_iterator)


def read_records(path: str, compression: str = "") -> Iterator[bytes]:
    """Reads the records of a TFRecord file, one after the other.

    Args:
        path: Path of the file.
        compression: Its compression as TensorFlow names it: "" or "GZIP".

    Yields:
        Records.

    Raises:
        tf.errors.OpError: The file cannot be read, or is damaged.
    """
    yield from _iterate(path, tf.io.TFRecordOptions(compression))
