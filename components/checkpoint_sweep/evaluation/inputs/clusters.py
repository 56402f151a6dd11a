"""The clusters of examples: those with one value of a feature, such as the user that they are of.

The value is text for the folds: 7 and "7" are one cluster, in whatever file they are.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from checkpoint_sweep.evaluation.inputs.extracts import InputError
from checkpoint_sweep.evaluation.inputs.places import name_of, places_of


def clusters_of(
    batch: pa.RecordBatch, key: str
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """Finds the cluster of each example.

    Args:
        batch: Examples, with the column of the feature.
        key: Feature that names clusters.

    Returns:
        The distinct clusters, as bytes, and the number of that of each example, (rows,).

    Raises:
        InputError: An example has no value of the feature, or several, or they are fractions.
    """
    index = batch.schema.get_field_index(key)
    column = batch.column(index) if index >= 0 else pa.nulls(batch.num_rows)
    if pa.types.is_null(column.type):
        _check_single(batch, key, np.zeros(batch.num_rows, np.int64))
    column = column.cast(pa.large_list(column.type.value_type))
    _check_single(batch, key, compute.fill_null(compute.list_value_length(column), 0).to_numpy())
    values = column.flatten()
    if pa.types.is_floating(values.type) or pa.types.is_nested(values.type):
        raise InputError(
            f"The cluster key {key!r} has values of type {values.type}, which name no clusters. "
            "Name a feature of whole numbers or text."
        )
    coded = values.dictionary_encode()
    names = coded.dictionary.cast(pa.large_string()) if _is_number(values.type) else None
    distinct = (names if names is not None else coded.dictionary).cast(pa.large_binary())
    return (
        distinct.to_numpy(zero_copy_only=False),
        coded.indices.to_numpy(zero_copy_only=False).astype(np.int64),
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _check_single(batch: pa.RecordBatch, key: str, lengths: npt.NDArray[np.int64]) -> None:
    """Checks that each example has one value.

    Raises:
        InputError: One has none, or several.
    """
    bad = np.flatnonzero(lengths != 1)
    if not bad.size:
        return
    first = int(bad[0])
    places = places_of(batch)
    where = f"an example (row {first + 1} of {batch.num_rows:,} that were read together)"
    if places is not None:
        where = name_of(int(places[first]))
    values = f"{lengths[first]} values" if lengths[first] else "no value"
    raise InputError(
        f"The cluster key {key!r} has {values} in {where}. Give every example one value, or name "
        "another feature."
    )
