"""The Transform step: raw taxi columns to numbers and ids."""

import tensorflow as tf
import tensorflow_transform as tft

from pipeline.problems.taxi import columns, features


def preprocessing_fn(inputs: dict[str, columns.Column]) -> dict[str, tf.Tensor]:
    """Maps raw columns to model features, all of shape (n,).

    Args:
        inputs: Columns of the schema; optional ones are sparse.

    Returns:
        Amounts as float32, categories as int64 ids below ``features.categorical_sizes()``, and
        the label as int64.
    """
    outputs = {}
    for name in features.AMOUNTS:
        outputs[name] = columns.amount(inputs[name])
    for name in features.COORDINATES:
        outputs[name] = columns.coordinate(inputs[name], features.COORDINATE_BUCKETS)
    for name in features.VOCABULARIES:
        outputs[name] = tft.compute_and_apply_vocabulary(
            columns.dense(inputs[name]),
            top_k=features.VOCABULARY_SIZE,
            num_oov_buckets=features.OUT_OF_VOCABULARY_BUCKETS,
            vocab_filename=name,
        )
    for name, size in features.INTEGERS.items():
        outputs[name] = columns.integer(inputs[name], size)
    outputs[features.LABEL] = columns.dense(inputs[features.LABEL])
    return outputs
