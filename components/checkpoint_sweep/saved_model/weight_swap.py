"""Writes a `ModelSource` as a SavedModel of its own: the template's graph, other weights."""

import os
import shutil
import uuid

import tensorflow as tf
from checkpoint_sweep.saved_model.model_source import ModelSource

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
VARIABLES = os.path.join("variables", "variables")


def write_saved_model(source: ModelSource, directory: str) -> None:
    """Writes the SavedModel that an exporter would have written for `source.weights`.

    The graph (`saved_model.pb`) and the assets are the template's bytes; `variables/` holds the
    tensors that the template holds, read from `source.weights`. A `fingerprint.pb`, which describes
    the template's weights, is left out.

    Args:
        source: the model to write.
        directory: where to; must not exist. It appears only once it is complete.

    Raises:
        tf.errors.NotFoundError: a key is not in the bundle `source.weights`.
        tf.errors.DataLossError: the bundle is damaged.
    """
    scratch = f"{directory.rstrip('/')}.partial-{uuid.uuid4().hex}"
    try:
        _copy_without_variables(source.saved_model, scratch)
        tf.io.gfile.makedirs(os.path.join(scratch, "variables"))
        _write_bundle(source, os.path.join(scratch, VARIABLES))
        tf.io.gfile.makedirs(os.path.dirname(directory.rstrip("/")))
        tf.io.gfile.rename(scratch, directory)
    except BaseException:
        if tf.io.gfile.exists(scratch):
            tf.io.gfile.rmtree(scratch)
        raise


def _copy_without_variables(template: str, directory: str) -> None:
    left_out = ["variables", "fingerprint.pb"]
    shutil.copytree(
        template, directory, ignore=lambda folder, _: left_out if folder == template else []
    )


def _write_bundle(source: ModelSource, prefix: str) -> None:
    template = tf.train.load_checkpoint(os.path.join(source.saved_model, VARIABLES))
    weights = tf.train.load_checkpoint(source.weights)
    keys = sorted(template.get_variable_to_shape_map())
    tensors = []
    for key in keys:
        # A TF2 bundle carries its object graph as one more tensor: it belongs to the template.
        own = key == OBJECT_GRAPH_KEY or key in source.kept
        value = template.get_tensor(key) if own else weights.get_tensor(source.keys.get(key, key))
        tensors.append(tf.constant(value, dtype=template.get_variable_to_dtype_map()[key]))
    with tf.device("cpu:0"):
        tf.raw_ops.SaveV2(
            prefix=prefix, tensor_names=keys, shape_and_slices=[""] * len(keys), tensors=tensors
        )
