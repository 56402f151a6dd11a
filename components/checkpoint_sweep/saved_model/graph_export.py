"""Writes a SavedModel of a graph that a function builds, with the weights of a checkpoint."""

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.text import first_line, some
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle

AVERAGE = "/ExponentialMovingAverage"
EXAMPLES = "examples"
_SIGNATURE = "serving_default"
_STEP = "global_step"
_NAMED = 3


class GraphError(UserError):
    """Code and checkpoint do not make a SavedModel; the message says what to change."""


def write_graph(
    build: Callable[[tf.Tensor], Any], prefix: str, directory: str, *, averages: bool = False
) -> None:
    """Writes a SavedModel whose one input takes serialized examples.

    Args:
        build: Function that builds the inference graph in TensorFlow 1's default graph: of
            serialized `tf.Example`s, a tensor of strings, shape (batch,), it makes an output, a
            mapping of outputs by name, or an `EstimatorSpec`, whose predictions count.
        prefix: Prefix of a checkpoint, whose keys are the names of the variables.
        directory: Directory for the SavedModel; it must not exist.
        averages: Whether variables get their moving averages, where the checkpoint has some.

    Raises:
        GraphError: It gives no outputs, or the checkpoint lacks a variable or an average.
        UnreadableError: The checkpoint cannot be read.
    """
    bundle = TensorBundle(prefix)
    with tf.Graph().as_default():
        examples = tf.compat.v1.placeholder(tf.string, [None], name=EXAMPLES)
        outputs = _outputs(build(examples))
        if _STEP in bundle.shapes:
            tf.compat.v1.train.get_or_create_global_step()
        saver = _saver(bundle, averages)
        with tf.compat.v1.Session() as session:
            _restore(saver, session, prefix)
            info = tf.compat.v1.saved_model.build_tensor_info
            signature = tf.compat.v1.saved_model.signature_def_utils.build_signature_def(
                {EXAMPLES: info(examples)},
                {name: info(tensor) for name, tensor in outputs.items()},
                tf.saved_model.PREDICT_METHOD_NAME,
            )
            builder = tf.compat.v1.saved_model.Builder(directory)
            builder.add_meta_graph_and_variables(
                session,
                [tf.saved_model.SERVING],
                {_SIGNATURE: signature},
                assets_collection=tf.compat.v1.get_collection(
                    tf.compat.v1.GraphKeys.ASSET_FILEPATHS
                ),
                main_op=tf.compat.v1.tables_initializer(),
            )
            builder.save()


def _outputs(returned: Any) -> Mapping[str, tf.Tensor]:
    found = getattr(returned, "predictions", returned)  # Of an EstimatorSpec.
    if isinstance(found, tf.Tensor):
        found = {"predictions": found}
    if (
        not isinstance(found, Mapping)
        or not found
        or not all(isinstance(tensor, tf.Tensor) for tensor in found.values())
    ):
        raise GraphError(
            f"The function returns {type(returned).__name__}. Let it return a tensor, a dict of "
            "tensors, or an EstimatorSpec with predictions."
        )
    return found


def _saver(bundle: TensorBundle, averages: bool) -> tf.compat.v1.train.Saver:
    """Makes what restores the variables of the default graph."""
    variables = tf.compat.v1.global_variables()
    if not variables:
        raise GraphError("The function makes no variable. Let it build the network.")
    if bundle.graph is not None:
        raise GraphError(
            "The checkpoint is of TensorFlow 2: it holds objects, not names of variables. Let the "
            "function take no argument and return the Keras model."
        )
    names = {variable.op.name: variable for variable in variables}
    if not averages:
        return tf.compat.v1.train.Saver(variables)
    found = {
        f"{name}{AVERAGE}" if f"{name}{AVERAGE}" in bundle.shapes else name: variable
        for name, variable in names.items()
    }
    if found.keys() == names.keys():
        raise GraphError(
            f"The checkpoint has no moving averages: no tensor is named as {some(sorted(names), 1)}"
            f"{AVERAGE}. Export without averages."
        )
    return tf.compat.v1.train.Saver(found)


def _restore(saver: tf.compat.v1.train.Saver, session: tf.compat.v1.Session, prefix: str) -> None:
    if problem := _problem(TensorBundle(prefix)):
        raise _does_not_fit(prefix, problem)
    try:
        saver.restore(session, prefix)
    except (tf.errors.NotFoundError, tf.errors.InvalidArgumentError, ValueError) as error:
        raise _does_not_fit(prefix, first_line(error)) from error


def _problem(bundle: TensorBundle) -> str:
    """Says which variables a checkpoint lacks, or has in other shapes; "" where all fit.

    A saver would restore a tensor of another shape into a variable without a word.
    """
    shapes = {
        variable.op.name: variable.shape.as_list()
        for variable in tf.compat.v1.global_variables()
        # A part of a variable has the name of the whole in a checkpoint.
        if getattr(variable, "_save_slice_info", None) is None
    }
    if lacking := sorted(shapes.keys() - bundle.shapes.keys()):
        return f"it lacks {some(lacking, _NAMED)}"
    others = [
        f"{name} is {bundle.shapes[name]}, not {shape}"
        for name, shape in sorted(shapes.items())
        if bundle.shapes[name] != shape
    ]
    return "; ".join(others[:_NAMED])


def _does_not_fit(prefix: str, problem: str) -> GraphError:
    return GraphError(
        f"The checkpoint {prefix} does not fit the graph of the function: {problem}. Build the "
        "network as for training, with the same scopes and sizes."
    )
