"""Writes tables as `tf.Example`s: each column a feature, an empty cell a missing one."""

from collections.abc import Iterator

import pyarrow as pa
import tensorflow as tf
from pyarrow import csv, parquet

from checkpoint_sweep.common.digests import of_files, of_parts
from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.inputs.source import ExamplesError

SUFFIXES = (".csv", ".parquet")


def to_examples(paths: list[str], directory: str) -> str:
    """Writes tables as one TFRecord file, once for the same content.

    Whole numbers and booleans become int64 features, other numbers float features, text and bytes
    bytes features.

    Args:
        paths: Paths of CSV files with a header, or of Parquet files.
        directory: Directory for the file.

    Returns:
        The path of the file.

    Raises:
        ExamplesError: A table cannot be read, or a column is of another type.
    """
    target = f"{directory}/{of_parts('tables', of_files(paths))}.tfrecord.gz"
    if tf.io.gfile.exists(target):
        return target
    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
    with replacing(target) as scratch, tf.io.TFRecordWriter(scratch, options) as writer:
        for path in paths:
            for batch in _batches(path):
                for example in _examples(batch, path):
                    writer.write(example)
    return target


def _batches(path: str) -> Iterator[pa.RecordBatch]:
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            if path.endswith(".csv"):
                yield from csv.read_csv(pa.BufferReader(file.read())).to_batches()
            else:
                yield from parquet.ParquetFile(pa.BufferReader(file.read())).iter_batches()
    except (pa.ArrowException, tf.errors.OpError, OSError) as error:
        raise ExamplesError(
            f"{path} cannot be read as a table: {first_line(error)}. Correct the file."
        ) from error


def _examples(batch: pa.RecordBatch, path: str) -> Iterator[bytes]:
    columns = [
        (name, _kind(name, column.type, path), column.to_pylist())
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    for row in range(batch.num_rows):
        features = {
            name: _feature(kind, values[row])
            for name, kind, values in columns
            if values[row] is not None and values[row] != ""
        }
        example = tf.train.Example(features=tf.train.Features(feature=features))
        # Buckets are told by the bytes: those of one row are the same in every process.
        yield example.SerializeToString(deterministic=True)


def _kind(name: str, column: pa.DataType, path: str) -> str:
    """Names the list of a feature that takes the values of a column."""
    types = pa.types
    if types.is_integer(column) or types.is_boolean(column):
        return "int64_list"
    if types.is_floating(column):
        return "float_list"
    if types.is_string(column) or types.is_large_string(column) or types.is_binary(column):
        return "bytes_list"
    if types.is_null(column):
        return "bytes_list"  # It has no value.
    raise ExamplesError(
        f"The column {name!r} of {path} is of type {column}, which no feature has. Make it a "
        "number or text."
    )


def _feature(kind: str, value: object) -> tf.train.Feature:
    if kind == "int64_list":
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[int(value)]))  # type: ignore[call-overload]
    if kind == "float_list":
        return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
    encoded = value.encode() if isinstance(value, str) else value
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[encoded]))
