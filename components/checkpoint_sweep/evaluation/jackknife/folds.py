"""The fold of an example: always the same, in every process and with any neighbours.

It is drawn by the bytes of the example, its place in its file, and that of the file among all: by
the bytes alone, equal examples are together, and the errors of data with few distinct rows come out
several times too wide. Where the place is not known, as in formats that a TFXIO of its own reads,
the bytes have to do, and `selection.intervals` cautions by the folds' sizes.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from tensorflow_model_analysis import constants

from checkpoint_sweep.evaluation.inputs.places import places_of

# Twenty give honest intervals at nineteen degrees of freedom, and keep the sums small.
FOLDS = 20
# The seed: sixteen characters, which key the hash.
_SEED = "checkpoint-sweep"


def of_examples(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Assigns serialized examples to folds, (rows,) int64, by a keyed SipHash and their places."""
    return (_of_batch(batch) % FOLDS).astype(np.int64)


def shares_of(batch: pa.RecordBatch, shares: int) -> npt.NDArray[np.int64]:
    """Assigns examples to shares, (rows,) int64 below ``shares``, each of which has all folds."""
    return (_of_batch(batch) // FOLDS % shares).astype(np.int64)


def of_query(query: str) -> int:
    """Assigns a query to a fold: its examples are not independent, so they stay together."""
    return int(_hashes(np.array([query.encode()], object))[0]) % FOLDS


def _of_batch(batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    column = batch.column(batch.schema.get_field_index(constants.ARROW_INPUT_COLUMN))
    hashes = _hashes(column.flatten().to_numpy(zero_copy_only=False))
    places = places_of(batch)
    if places is None:
        return hashes
    return hashes ^ pd.util.hash_array(places)


def _hashes(values: npt.NDArray[np.object_]) -> npt.NDArray[np.uint64]:
    return pd.util.hash_array(values, hash_key=_SEED, categorize=False)
