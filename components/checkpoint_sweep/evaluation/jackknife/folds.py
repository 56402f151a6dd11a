"""Which fold an example falls into: always the same, whoever asks and with what neighbours."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from tensorflow_model_analysis import constants

# Twenty give honest intervals at nineteen degrees of freedom, and keep the sums small.
FOLDS = 20
# The seed: sixteen characters, which key the hash.
_SEED = "checkpoint-sweep"


def of_examples(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """(rows,) int64, the fold of each serialized example: a keyed SipHash of its bytes."""
    return (_of_batch(batch) % FOLDS).astype(np.int64)


def shares_of(batch: pa.RecordBatch, shares: int) -> npt.NDArray[np.int64]:
    """(rows,) int64 below ``shares``, a share of the examples with all folds in it."""
    return (_of_batch(batch) // FOLDS % shares).astype(np.int64)


def of_query(query: str) -> int:
    """The fold of all examples of a query, which are no units of their own."""
    return int(_hashes(np.array([query.encode()], object))[0]) % FOLDS


def _of_batch(batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    column = batch.column(batch.schema.get_field_index(constants.ARROW_INPUT_COLUMN))
    return _hashes(column.flatten().to_numpy(zero_copy_only=False))


def _hashes(values: npt.NDArray[np.object_]) -> npt.NDArray[np.uint64]:
    return pd.util.hash_array(values, hash_key=_SEED, categorize=False)
