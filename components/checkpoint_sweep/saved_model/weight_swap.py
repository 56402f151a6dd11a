"""A `ModelSource` as a SavedModel of its own: the exported graph with other weights."""

import os

import tensorflow as tf

from checkpoint_sweep.common.files import copy_folder, replacing
from checkpoint_sweep.saved_model import tensor_bundle
from checkpoint_sweep.saved_model.model_source import VARIABLES, ModelSource
from checkpoint_sweep.saved_model.tensor_bundle import OBJECT_GRAPH_KEY

# Not copied: the exported weights, and the fingerprint that describes them.
_OF_WEIGHTS = ("variables", "fingerprint.pb")


def write_saved_model(source: ModelSource, directory: str) -> None:
    """Writes the SavedModel that an exporter would have written for `source.weights`.

    The graph and the assets are the exported model's bytes; `variables/` holds the tensors that
    the exported model holds, read from `source.weights`.

    Args:
        source: Model to write.
        directory: Directory to write, which must not exist. It appears only once it is complete.

    Raises:
        tf.errors.NotFoundError: A key is not in the bundle `source.weights`.
        tf.errors.DataLossError: The bundle is damaged.
    """
    with replacing(directory) as scratch:
        copy_folder(source.saved_model.directory, scratch, omitted=_OF_WEIGHTS)
        tf.io.gfile.makedirs(os.path.join(scratch, os.path.dirname(VARIABLES)))
        _write_weights(source, os.path.join(scratch, VARIABLES))


def _write_weights(source: ModelSource, prefix: str) -> None:
    exported = tf.compat.v1.train.NewCheckpointReader(source.own_weights)
    weights = tf.compat.v1.train.NewCheckpointReader(tensor_bundle.find(source))
    dtypes = exported.get_variable_to_dtype_map()
    tensors = {}
    for key in sorted(dtypes):
        own = key == OBJECT_GRAPH_KEY or key in source.kept
        value = exported.get_tensor(key) if own else weights.get_tensor(source.key_of(key))
        tensors[key] = tf.constant(value, dtype=dtypes[key])
    tensor_bundle.write_bundle(prefix, tensors)
