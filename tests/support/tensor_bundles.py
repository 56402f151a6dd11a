"""Reads and writes tensor bundles whole."""

import numpy as np
import tensorflow as tf


def read_bundle(prefix: str) -> dict[str, np.ndarray]:
    """Reads all tensors of a bundle by key."""
    # Not load_checkpoint: on ram:// it takes any beginning of a name for a folder.
    reader = tf.compat.v1.train.NewCheckpointReader(prefix)
    return {key: reader.get_tensor(key) for key in reader.get_variable_to_shape_map()}


def write_bundle(prefix: str, tensors: dict[str, np.ndarray]) -> None:
    """Writes, or overwrites, a bundle."""
    keys = sorted(tensors)
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=keys,
        shape_and_slices=[""] * len(keys),
        tensors=[tf.constant(tensors[key]) for key in keys],
    )
