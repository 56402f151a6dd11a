"""The Transform step: the columns that tell a fare to numbers and ids."""

import tensorflow as tf

from pipeline.problems.fares import features
from pipeline.problems.taxi import columns
from pipeline.problems.taxi import features as taxi


def preprocessing_fn(inputs: dict[str, columns.Column]) -> dict[str, tf.Tensor]:
    """Maps raw columns to model features, all of shape (n,).

    Args:
        inputs: Columns of the schema; optional ones are sparse.

    Returns:
        Amounts as float32, categories as int64 ids below ``features.categorical_sizes()``, and
        the label, in dollars and as it is, as float32.
    """
    outputs = {}
    for name in features.AMOUNTS:
        outputs[name] = columns.amount(inputs[name])
    for name in taxi.COORDINATES:
        outputs[name] = columns.coordinate(inputs[name], taxi.COORDINATE_BUCKETS)
    for name, size in taxi.INTEGERS.items():
        outputs[name] = columns.integer(inputs[name], size)
    outputs[features.LABEL] = columns.dense(inputs[features.LABEL])
    return outputs
