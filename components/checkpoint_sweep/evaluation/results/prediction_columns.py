"""Arrow columns of what TFMA extracts: labels, weights, features and predictions by example."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def columns_of(name: str, values: Any, size: int) -> dict[str, pa.Array]:
    """Makes a column of one value for each example, or several columns of a mapping.

    A value of one number or text is a scalar, of several a list in the order of the array. What is
    not by example, such as an output without a batch dimension, has no column, nor has a feature
    that no example has.

    >>> columns_of("prediction", np.float32([[0.5], [1.0]]), 2)["prediction"].to_pylist()
    [0.5, 1.0]
    >>> sorted(columns_of("prediction", {"a": np.zeros(2), "b": np.zeros((2, 3))}, 2))
    ['prediction/a', 'prediction/b']

    Args:
        name: Name of the column; keys of a mapping are added after a slash.
        values: (size, ...) array, ragged or sparse values of TFMA, a mapping of them, or None.
        size: Number of examples.
    """
    if values is None:
        return {}
    if isinstance(values, Mapping):
        found: dict[str, pa.Array] = {}
        for key, part in values.items():
            found |= columns_of(f"{name}/{key}", part, size)
        return found
    if isinstance(values, np.ndarray):
        if values.shape[:1] != (size,):
            return {}
        return {name: _dense(values, size)}
    rows = _rows(values, size)
    return {} if rows is None else {name: pa.array([_plain(row) for row in rows])}


def concatenated(tables: Sequence[pa.Table]) -> pa.Table:
    """Concatenates tables of batches whose columns may differ.

    A column that is a list in one is a list in all, one that a batch lacks is null there, and whole
    numbers beside others are float64.

    Args:
        tables: Tables, at least one.
    """
    names = list(dict.fromkeys(name for table in tables for name in table.column_names))
    types = {
        name: _common([t.schema.field(name).type for t in tables if name in t.column_names])
        for name in names
    }
    return pa.concat_tables(
        pa.table({name: _as(table, name, types[name]) for name in names}) for table in tables
    )


def _common(types: Sequence[pa.DataType]) -> pa.DataType:
    known = [type_ for type_ in dict.fromkeys(types) if not pa.types.is_null(type_)]
    if len(known) <= 1:
        return known[0] if known else pa.string()
    if any(map(pa.types.is_list, known)):
        return pa.list_(_common([t.value_type if pa.types.is_list(t) else t for t in known]))
    if all(pa.types.is_integer(t) or pa.types.is_floating(t) for t in known):
        return pa.float64()
    return pa.string()


def _as(table: pa.Table, name: str, type_: pa.DataType) -> pa.ChunkedArray:
    if name not in table.column_names:
        return pa.chunked_array([pa.nulls(table.num_rows, type_)])
    column = table.column(name)
    if column.type == type_:
        return column
    if pa.types.is_list(type_) and not pa.types.is_list(column.type):
        values = [None if value is None else [value] for value in column.to_pylist()]
        return pa.chunked_array([pa.array(values, type_)])
    return column.cast(type_)


def _dense(values: np.ndarray, size: int) -> pa.Array:
    """Makes a column of an array; text is always text, whatever bytes are in it."""
    flat = values.reshape(size, -1)
    if values.dtype.kind in "OSU":
        rows = [[_text(value) for value in row] for row in flat.tolist()]
        return pa.array([row[0] for row in rows] if flat.shape[1] == 1 else rows)
    if flat.shape[1] == 1:
        return pa.array(flat[:, 0])
    offsets = np.arange(size + 1, dtype=np.int32) * flat.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat.ravel()))


def _rows(values: Any, size: int) -> list[Any] | None:
    """Lists the values of each example; None of what is no known form, or has no value."""
    if hasattr(values, "to_list"):  # tf.compat.v1.ragged.RaggedTensorValue
        return list(values.to_list())
    if hasattr(values, "dense_shape"):  # tf.compat.v1.SparseTensorValue
        if not len(values.values):
            return None
        rows: list[list[Any]] = [[] for _ in range(size)]
        for index, value in zip(np.asarray(values.indices), values.values, strict=True):
            rows[int(index[0])].append(value)
        return rows
    return None


def _plain(row: Any) -> Any:
    if isinstance(row, list | tuple | np.ndarray):
        return [_plain(value) for value in row]
    return _text(row.item() if isinstance(row, np.generic) else row)


def _text(value: Any) -> Any:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
