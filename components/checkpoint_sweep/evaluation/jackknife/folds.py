"""The fold of an example: always the same, in every process and with any neighbours.

It is drawn by the bytes of the example, its place in its file, and that of the file among all: by
the bytes alone, equal examples are together, and the errors of data with few distinct rows come out
several times too wide. Where the place is not known, as in formats that a TFXIO of its own reads,
the bytes have to do, and `selection.intervals` cautions by the folds' sizes.

With a cluster key, the fold is drawn by the example's value of that feature alone: examples of one
cluster are not independent, so they stay together, whatever file and row they are in.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from tensorflow_model_analysis import constants

from checkpoint_sweep.evaluation.inputs.clusters import clusters_of
from checkpoint_sweep.evaluation.inputs.places import places_of

# Twenty give honest intervals at nineteen degrees of freedom, and keep the sums small.
FOLDS = 20
# The seed: sixteen characters, which key the hash.
_SEED = "checkpoint-sweep"


def of_examples(batch: pa.RecordBatch, cluster_key: str | None = None) -> npt.NDArray[np.int64]:
    """Assigns examples to folds, by a keyed SipHash.

    Args:
        batch: Batch with its serialized examples, or with the column of the cluster key.
        cluster_key: Feature whose value draws the fold; None for bytes and place.

    Returns:
        Folds, (rows,) int64.

    Raises:
        InputError: An example has not one value of the cluster key.
    """
    return (_of_batch(batch, cluster_key) % FOLDS).astype(np.int64)


def shares_of(
    batch: pa.RecordBatch, shares: int, cluster_key: str | None = None
) -> npt.NDArray[np.int64]:
    """Assigns examples to shares, (rows,) int64 below ``shares``, each of which has all folds.

    Args:
        batch: As for `of_examples`.
        shares: Number of shares.
        cluster_key: Feature whose examples of one value stay together, as for `of_examples`.

    Raises:
        InputError: An example has not one value of the cluster key.
    """
    return (_of_batch(batch, cluster_key) // FOLDS % shares).astype(np.int64)


def of_query(query: str) -> int:
    """Assigns a query to a fold: its examples are not independent, so they stay together."""
    return int(_hashes(np.array([query.encode()], object))[0]) % FOLDS


def _of_batch(batch: pa.RecordBatch, cluster_key: str | None) -> npt.NDArray[np.uint64]:
    if cluster_key is not None:
        clusters, number = clusters_of(batch, cluster_key)
        return _hashes(clusters)[number]
    column = batch.column(batch.schema.get_field_index(constants.ARROW_INPUT_COLUMN))
    hashes = _hashes(column.flatten().to_numpy(zero_copy_only=False))
    places = places_of(batch)
    if places is None:
        return hashes
    return hashes ^ pd.util.hash_array(places)


def _hashes(values: npt.NDArray[np.object_]) -> npt.NDArray[np.uint64]:
    return pd.util.hash_array(values, hash_key=_SEED, categorize=False)
