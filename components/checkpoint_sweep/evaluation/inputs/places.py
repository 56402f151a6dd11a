"""The places of examples in their files, and of these, which tell equal examples apart."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# TFMA makes no feature of a column that has no lists.
_PLACE = "checkpoint_sweep:place"
# No file has as many examples.
_MOST_EXAMPLES = 1 << 44


def with_places(batch: pa.RecordBatch, first: int, file: int = 0) -> pa.RecordBatch:
    """Adds the column of places to a batch, before the others.

    Args:
        batch: Consecutive examples of a file.
        first: Number of examples before them in the file.
        file: Number of files before it.
    """
    start = file * _MOST_EXAMPLES + first
    places = pa.array(np.arange(start, start + batch.num_rows, dtype=np.uint64))
    return pa.RecordBatch.from_arrays([places, *batch.columns], [_PLACE, *batch.schema.names])


def name_of(place: int) -> str:
    """Names an example by its place, counted from 1.

    >>> name_of(2)
    'example 3 of file 1'
    """
    file, number = divmod(place, _MOST_EXAMPLES)
    return f"example {number + 1:,} of file {file + 1}"


def places_of(batch: pa.RecordBatch) -> npt.NDArray[np.uint64] | None:
    """Returns the place of each example, which no other has, (rows,); None if nobody counted."""
    index = batch.schema.get_field_index(_PLACE)
    return None if index < 0 else batch.column(index).to_numpy()
