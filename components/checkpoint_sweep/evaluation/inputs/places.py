"""The places of examples in their files, which tell equal examples apart."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# TFMA makes no feature of a column that has no lists.
_PLACE = "checkpoint_sweep:place"


def with_places(batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
    """Adds the column of places to a batch, before the others.

    Args:
        batch: Consecutive examples of a file.
        first: Number of examples before them in the file.
    """
    places = pa.array(np.arange(first, first + batch.num_rows, dtype=np.uint64))
    return pa.RecordBatch.from_arrays([places, *batch.columns], [_PLACE, *batch.schema.names])


def places_of(batch: pa.RecordBatch) -> npt.NDArray[np.uint64] | None:
    """Returns the number of examples before each in its file, (rows,); None if nobody counted."""
    index = batch.schema.get_field_index(_PLACE)
    return None if index < 0 else batch.column(index).to_numpy()
