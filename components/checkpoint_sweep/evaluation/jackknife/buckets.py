"""Which bucket an example falls into: always the same, whoever asks and with what neighbours."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from tensorflow_model_analysis import constants

# Twenty give honest intervals at nineteen degrees of freedom, and keep the sums small.
BUCKETS = 20
# The seed: sixteen characters, which key the hash.
_SEED = "checkpoint-sweep"


def of_examples(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """(rows,) int64, the bucket of each serialized example: a keyed SipHash of its bytes."""
    column = batch.column(batch.schema.get_field_index(constants.ARROW_INPUT_COLUMN))
    flat = column.flatten().to_numpy(zero_copy_only=False)
    return _of_bytes(flat)


def of_query(query: str) -> int:
    """The bucket of all examples of a query, which are no units of their own."""
    return int(_of_bytes(np.array([query.encode()], object))[0])


def _of_bytes(values: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    hashes = pd.util.hash_array(values, hash_key=_SEED, categorize=False)
    return (hashes % BUCKETS).astype(np.int64)
