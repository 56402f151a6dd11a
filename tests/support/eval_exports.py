"""Exports that have an eval graph: a model function's in mode EVAL, with its metrics."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_estimator.python.estimator.export import export

from tests.support.estimator_run import FEATURES, LABEL

COLUMNS = FEATURES | {LABEL: tf.io.FixedLenFeature([], tf.int64)}
_MODES = tf.estimator.ModeKeys
Tensors = Mapping[str, tf.Tensor]


def _columns(batch: tf.Tensor) -> tuple[dict, tf.Tensor]:
    columns = tf.io.parse_example(batch, COLUMNS)
    return columns, columns.pop(LABEL)


def receiver(
    parse: Callable[[tf.Tensor], tuple[dict, Any]] = _columns,
) -> Callable[[], export.SupervisedInputReceiver]:
    """Makes the function that receives serialized examples in mode EVAL.

    Args:
        parse: Parses them into features and labels.
    """

    def receive() -> export.SupervisedInputReceiver:
        examples = tf.compat.v1.placeholder(tf.string, [None], "examples")
        return export.SupervisedInputReceiver(*parse(examples), {"examples": examples})

    return receive


def of_all_modes(estimator: tf.estimator.Estimator, directory: Path) -> Path:
    """Exports the serving and the eval graph as one SavedModel; returns its directory."""
    serving = tf.estimator.export.build_parsing_serving_input_receiver_fn(FEATURES)
    receivers = {_MODES.EVAL: receiver(), _MODES.PREDICT: serving}
    made = estimator.experimental_export_all_saved_models(str(directory), receivers)
    return Path(made.decode())


def for_tfma(estimator: tf.estimator.Estimator, directory: Path) -> Path:
    """Exports TFMA's EvalSavedModel; returns its directory."""
    receive = tfma.export.build_parsing_eval_input_receiver_fn(COLUMNS, LABEL)
    made = tfma.export.export_eval_savedmodel(
        estimator=estimator, export_dir_base=str(directory), eval_input_receiver_fn=receive
    )
    return Path(made.decode() if isinstance(made, bytes) else made)


def evaluated(
    estimator: tf.estimator.Estimator, checkpoint: str, examples: list[bytes], batch_size: int
) -> dict[str, float]:
    """Evaluates a checkpoint by TensorFlow, as its user does."""

    def data() -> tf.data.Dataset:
        batches = tf.data.Dataset.from_tensor_slices(examples).batch(batch_size)
        return batches.map(_columns)

    found = estimator.evaluate(data, checkpoint_path=checkpoint)
    return {name: float(value) for name, value in found.items() if name != "global_step"}


def by_hand(directory: Path, build: Callable[[], tuple[Tensors, Tensors]]) -> Path:
    """Writes a SavedModel with an eval graph alone, without weights; returns its directory.

    Args:
        directory: New directory.
        build: Builds the graph; returns the inputs and outputs of its signature.
    """
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        inputs, outputs = build()
        signature = tf.compat.v1.saved_model.predict_signature_def(inputs, outputs)
        builder = tf.compat.v1.saved_model.Builder(str(directory))
        builder.add_meta_graph_and_variables(session, ["eval"], {"eval": signature})
        builder.save()
    return directory
