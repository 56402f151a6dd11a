"""Writes a SavedModel of objects, such as a Keras model, with the weights of a checkpoint."""

from typing import Any

import tensorflow as tf

from checkpoint_sweep.common.text import some
from checkpoint_sweep.saved_model.graph_export import GraphError
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle

_NAMED = 5


def write_objects(model: tf.Module, serve: Any, prefix: str, directory: str) -> None:
    """Writes a SavedModel of a model, after it has got its weights.

    Args:
        model: Keras model, or another object that holds variables. It gets the checkpoint's
            weights.
        serve: `tf.function` with an `input_signature`, which predicts by it; None for what
            `tf.saved_model.save` makes of the model.
        prefix: Prefix of a checkpoint of the model itself, or of `tf.train.Checkpoint` with it.
        directory: Directory for the SavedModel; it must not exist.

    Raises:
        GraphError: The checkpoint does not have the weights of the model, or nothing predicts.
        UnreadableError: The checkpoint cannot be read.
    """
    bundle = TensorBundle(prefix)
    if bundle.graph is None:
        raise GraphError(
            f"The checkpoint {prefix} holds variables by their names, not the objects of a model. "
            "Let the function take the serialized examples and build the graph."
        )
    if serve is not None:
        if not hasattr(serve, "get_concrete_function"):
            raise GraphError(
                f"What predicts is {type(serve).__name__}. Return a tf.function with an "
                "input_signature beside the model."
            )
        serve.get_concrete_function()  # Makes what variables are still to be made.
    _restore(model, prefix, list(bundle.graph.children[0]))
    signatures = None if serve is None else {"serving_default": serve}
    tf.saved_model.save(model, directory, signatures=signatures)


def _restore(model: tf.Module, prefix: str, names: list[str]) -> None:
    """Restores a model that is the root of the checkpoint, or one of the objects that it holds."""
    roots = [tf.train.Checkpoint(root=model), *(tf.train.Checkpoint(**{n: model}) for n in names)]
    for root in roots:
        try:
            root.read(prefix).assert_existing_objects_matched().expect_partial()
            return
        except (AssertionError, ValueError):
            continue
    raise GraphError(
        f"The checkpoint {prefix} does not have all weights of the model: it holds "
        f"{some(sorted(names), _NAMED)}. Return the model as it was built for training."
    )
