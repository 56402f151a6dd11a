"""Writes tables as `tf.Example`s: each column a feature, an empty cell a missing one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import tensorflow as tf

from checkpoint_sweep.common.digests import of_files, of_parts
from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.common.text import listed
from checkpoint_sweep.evaluation.inputs.source import ExamplesError
from checkpoint_sweep.sweeping.tables import convert
from checkpoint_sweep.sweeping.tables.columns import TableColumns
from checkpoint_sweep.sweeping.tables.read import Table, open_table

_EXPECTED = {
    tf.int64: "whole numbers",
    tf.float32: "numbers",
    tf.string: "text",
}
_FEATURES: Mapping[tf.DType, Callable[[Any], tf.train.Feature]] = {
    tf.int64: lambda values: tf.train.Feature(int64_list=tf.train.Int64List(value=values)),
    tf.float32: lambda values: tf.train.Feature(float_list=tf.train.FloatList(value=values)),
    tf.string: lambda values: tf.train.Feature(bytes_list=tf.train.BytesList(value=values)),
}
_LONGEST = 40


class WrittenExamples(NamedTuple):
    """Examples that were written.

    Attributes:
        path: Path of the TFRecord file.
        unread: Columns that are in no example.
    """

    path: str
    unread: frozenset[str]


def to_examples(
    paths: Sequence[str], columns: TableColumns, directory: str, encoding: str = "utf-8"
) -> WrittenExamples:
    """Writes tables as one TFRecord file, once for the same content.

    A column has the type that schema or model declare. Without one it becomes an int64 feature if
    all files have whole numbers or booleans, a float feature if they have numbers, and else text.

    Args:
        paths: Paths of CSV files with a header, or of Parquet files.
        columns: Columns to read.
        directory: Directory for the file.
        encoding: Encoding of CSV files without a byte order mark.

    Raises:
        ExamplesError: A table cannot be read, or a column that is needed is of another type.
    """
    tables = [open_table(path, columns.needed, columns.others_too, encoding) for path in paths]
    names = {name for table in tables for name in table.names}
    dtypes = _dtypes(tables, names, columns)
    if not dtypes:
        raise ExamplesError(
            f"No column that is needed ({listed(columns.needed)}) is in {paths[0]}, which has "
            f"{listed(tables[0].names)}. Name tables with these columns, between which are "
            "commas, semicolons, tabs or '|'."
        )
    unread = frozenset(names - dtypes.keys())
    parts = sorted(of_files([t.path]) + repr(sorted(t.partitions.items())) for t in tables)
    kinds = [f"{name}:{dtype.name}" for name, dtype in sorted(dtypes.items())]
    formats = [f"{t.separator} {t.encoding}" for t in tables]
    target = f"{directory}/{of_parts('tables', *parts, '', *kinds, '', *formats)}.tfrecord.gz"
    if tf.io.gfile.exists(target):
        return WrittenExamples(target, unread)
    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
    rows = 0
    with replacing(target) as scratch, tf.io.TFRecordWriter(scratch, options) as writer:
        for table in tables:
            for example in _examples(table, dtypes, columns):
                writer.write(example)
                rows += 1
        if not rows:
            raise ExamplesError(f"There are no rows in {', '.join(paths)}. Name tables with some.")
    return WrittenExamples(target, unread)


def _dtypes(tables: Sequence[Table], names: set[str], columns: TableColumns) -> dict[str, tf.DType]:
    """Finds the type of each feature; columns that are not read have none."""
    kinds: dict[str, set[str | None]] = {}
    for name in sorted(names if columns.others_too else names & set(columns.needed)):
        found: set[str | None] = set()
        for table in tables:
            try:
                if name in table.types and not table.is_text:
                    found.add(convert.kind_of_type(table.types[name]))
            except TypeError as error:
                if name in columns.needed:
                    raise ExamplesError(
                        f"The column {name!r} of {table.path} is of type {error}, which no feature "
                        "has. Make it numbers or text."
                    ) from error
                break
        else:
            kinds[name] = found
    undeclared = kinds.keys() - columns.declared.keys()
    for table in tables:
        texts = [
            name
            for name in table.names
            if name in undeclared and (table.is_text or name not in table.types)
        ]
        if texts:
            _find_kinds(table, texts, kinds, columns)
    return {
        name: columns.declared[name].dtype
        if name in columns.declared
        else convert.common_dtype(found)
        for name, found in kinds.items()
    }


def _find_kinds(
    table: Table,
    names: Sequence[str],
    kinds: Mapping[str, set[str | None]],
    columns: TableColumns,
) -> None:
    for batch in table.batches(names):
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if name not in names:
                continue
            kind = convert.kind_of_text(column)
            kinds[name].add(kind)
            value = convert.number_with_comma(column) if kind == convert.TEXT else None
            if value and name in columns.needed:
                raise _with_comma(table, name, value)


def _examples(
    table: Table, dtypes: Mapping[str, tf.DType], columns: TableColumns
) -> Iterator[bytes]:
    row = table.first_row
    for batch in table.batches(dtypes.keys()):
        converted = [
            (name, _FEATURES[dtype], _values(table, row, name, column, columns, dtype))
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
            if (dtype := dtypes.get(name)) is not None
        ]
        for number in range(batch.num_rows):
            features = {
                name: feature(values[number])
                for name, feature, values in converted
                if values[number] is not None
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            # Folds are told by the bytes: those of one row are the same in every process.
            yield example.SerializeToString(deterministic=True)
        row += batch.num_rows


def _values(
    table: Table, row: int, name: str, column: pa.Array, columns: TableColumns, dtype: tf.DType
) -> list[Sequence[Any] | None]:
    try:
        return convert.to_lists(column, dtype)
    except convert.CannotHoldError as error:
        if convert.has_comma(error.value):
            raise _with_comma(table, name, error.value) from error
        value = repr(error.value)
        if len(value) > _LONGEST:
            value = value[:_LONGEST] + "..."
        declared = columns.declared.get(name)
        by = f"the {declared.by} says" if declared else "the other rows are"
        raise ExamplesError(
            f"Row {row + error.row} of {table.path} has {value} in the column {name!r}, and {by} "
            f"{_EXPECTED[dtype]}. Correct the table"
            + (", or the schema." if declared and declared.by == "schema" else ".")
        ) from error


def _with_comma(table: Table, name: str, value: str) -> ExamplesError:
    return ExamplesError(
        f"The column {name!r} of {table.path} has numbers with a comma, such as {value!r}. Write "
        "them with a decimal point, and with nothing between thousands."
    )
