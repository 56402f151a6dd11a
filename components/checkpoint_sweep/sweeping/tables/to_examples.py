"""Writes tables as `tf.Example`s: each column a feature, an empty cell a missing one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_LISTS = {tf.int64: "int64_list", tf.float32: "float_list", tf.string: "bytes_list"}
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
        converted = {
            name: _values(table, row, name, column, columns, dtype)
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
            if (dtype := dtypes.get(name)) is not None
        }
        rows = zip(*converted.values(), strict=True) if converted else [()] * batch.num_rows
        yield from _serialized({name: _LISTS[dtypes[name]] for name in converted}, rows)
        row += batch.num_rows


def _serialized(
    lists: Mapping[str, str], rows: Iterable[tuple[Sequence[Any] | None, ...]]
) -> Iterator[bytes]:
    """Serializes rows.

    An example is made once for all rows that lack the same features, and filled again for each:
    making one takes three times as long.

    Args:
        lists: Field of `tf.train.Feature` that holds a feature's values, by the feature's name.
        rows: Values of each feature, in the same order; None for a missing one.
    """
    every = tuple(lists)
    made: dict[tuple[str, ...], tuple[tf.train.Example, list[Any]]] = {}
    for row in rows:
        there, given = every, row
        if None in row:
            there = tuple(name for name, values in zip(every, row, strict=True) if values)
            given = tuple(values for values in row if values)
        if there not in made:
            example = tf.train.Example()
            features = example.features.feature
            made[there] = example, [getattr(features[name], lists[name]).value for name in there]
        example, fields = made[there]
        for field, values in zip(fields, given, strict=True):
            field[:] = values
        # Folds are told by the bytes: those of one row are the same in every process.
        yield example.SerializeToString(deterministic=True)


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
