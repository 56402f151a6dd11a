"""Reads the examples on which the chosen and the baseline disagree most, from their predictions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

from checkpoint_sweep.evaluation.results.files import BASELINE, prediction_file
from checkpoint_sweep.report.document import Disagreement

MOST = 20
_KEY, _SLICE, _PREDICTION = "key", "slice/", "prediction"


def read_disagreements(
    evaluation: str, chosen: str | None, output_name: str = "", most: int = MOST
) -> list[Disagreement]:
    """Reads the examples on which the two disagree most, the largest difference first.

    Args:
        evaluation: Directory of the evaluation.
        chosen: Name of the chosen candidate; None where there is none.
        output_name: Output of the model that was chosen by; "" for the only one.
        most: Largest number of examples.

    Returns:
        Examples; none unless the predictions of both were written.

    Raises:
        ValueError, OSError, tf.errors.OpError: A file is damaged.
    """
    paths = [prediction_file(evaluation, name) for name in (chosen or "", BASELINE)]
    if chosen is None or not all(map(tf.io.gfile.exists, paths)):
        return []
    ours, theirs = map(_read, paths)
    name = _output(ours, theirs, output_name)
    if name is None:
        return []
    difference = _difference(ours.column(name), theirs.column(name))
    # Of equal differences the earlier comes first; NaN is no difference.
    order = np.argsort(-np.nan_to_num(difference, nan=0.0), kind="stable")[:most]
    rows = _with_short_numbers(ours.take(pa.array(order))).to_pylist()
    others = theirs.column(name).take(pa.array(order)).to_pylist()
    label = f"label{name.removeprefix(_PREDICTION)}"
    return [
        Disagreement(
            row["row"],
            None if row.get(_KEY) is None else str(row[_KEY]),
            {k.removeprefix(_SLICE): str(v) for k, v in row.items() if k.startswith(_SLICE)},
            row.get(label, row.get("label")),
            row[name],
            other,
            float(difference[number]),
        )
        for row, other, number in zip(rows, others, order.tolist(), strict=True)
        if difference[number] > 0
    ]


def _read(path: str) -> pa.Table:
    with tf.io.gfile.GFile(path, "rb") as file:
        return pq.read_table(pa.BufferReader(file.read()))


def _with_short_numbers(table: pa.Table) -> pa.Table:
    """Writes keys and slices of floats in the digits that tell them apart: 1.14, no 1.13999998."""
    for number, field in enumerate(table.schema):
        is_name = field.name == _KEY or field.name.startswith(_SLICE)
        if is_name and pa.types.is_floating(field.type):
            column = table.column(number).cast(pa.string())
            table = table.set_column(number, field.name, column)
    return table


def _output(ours: pa.Table, theirs: pa.Table, output_name: str) -> str | None:
    """Finds the column to compare: of the output that was chosen by, else the first of numbers."""
    shared = [
        field.name
        for field in ours.schema
        if field.name.partition("/")[0] == _PREDICTION
        and field.name in theirs.column_names
        and _is_number(field.type)
    ]
    wanted = f"{_PREDICTION}/{output_name}"
    own = [name for name in shared if output_name and f"{name}/".startswith(f"{wanted}/")]
    return next(iter([*own, *shared]), None)


def _is_number(type_: pa.DataType) -> bool:
    value = type_.value_type if pa.types.is_list(type_) else type_
    return bool(pa.types.is_integer(value) or pa.types.is_floating(value))


def _difference(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> np.ndarray:
    """Returns the largest absolute difference of each example, (n,) float64."""
    pairs: Sequence[Any] = [
        np.asarray(column.to_pylist() if pa.types.is_list(column.type) else column, np.float64)
        for column in (ours, theirs)
    ]
    absolute = np.abs(pairs[0] - pairs[1]).reshape(len(pairs[0]), -1)
    return np.asarray(absolute.max(axis=1, initial=0.0))
