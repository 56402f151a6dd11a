"""Trains an Estimator for the Trainer component so that a checkpoint sweep can follow."""

import functools
import os
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
from absl import logging
from tfx import v1 as tfx
from tfx_bsl.public import tfxio

ModelFn = Callable[..., tf.estimator.EstimatorSpec]
_BATCH_SIZE = 64
_SEED = 20


def _input_fn(
    files: list[str],
    accessor: tfx.components.DataAccessor,
    transform: tft.TFTransformOutput,
    label: str,
    epochs: int | None,
) -> tf.data.Dataset:
    """Batches of (features, label) from Transform's examples; endless when `epochs` is None."""
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=_BATCH_SIZE,
        num_epochs=epochs,
        shuffle=epochs is None,
        shuffle_seed=_SEED,
        label_key=label,
    )
    return accessor.tf_dataset_factory(files, options, transform.transformed_metadata.schema)


def _serving_input(
    transform: tft.TFTransformOutput, inputs: Sequence[str]
) -> tf.estimator.export.ServingInputReceiver:
    """Serialized raw `tf.Example`s that need only have `inputs`, through Transform's graph."""
    raw = transform.raw_feature_spec()
    spec = {name: raw[name] for name in inputs}
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn(spec)()
    columns = transform.transform_raw_features(receiver.features)
    return tf.estimator.export.ServingInputReceiver(columns, receiver.receiver_tensors)


class _CheckpointProgress(tf.estimator.CheckpointSaverListener):
    """Logs each checkpoint as it is saved."""

    def __init__(self, total: int) -> None:
        self._total = total

    def after_save(self, session: Any, global_step_value: int) -> None:
        """Called by the Estimator after each save."""
        del session
        logging.info("saved the checkpoint of step %d of %d", global_step_value, self._total)


def train(
    fn_args: tfx.components.FnArgs, model_fn: ModelFn, label: str, inputs: Sequence[str]
) -> tf.estimator.Estimator:
    """Trains, keeping every checkpoint in the `model_run` artifact, and exports the last step.

    Args:
        fn_args: from the Trainer; ``custom_config["checkpoint_steps"]`` is the number of steps
            between two checkpoints.
        model_fn: the Estimator's model function.
        label: the name of the label among the transformed features.
        inputs: raw columns that a served example must have.

    Returns:
        The trained Estimator.
    """
    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    every = int(fn_args.custom_config["checkpoint_steps"])
    total = int(fn_args.train_steps)
    config = tf.estimator.RunConfig(
        model_dir=fn_args.model_run_dir,
        tf_random_seed=_SEED,
        save_checkpoints_steps=every,
        # The default of 5 would silently delete most of what there is to choose from.
        keep_checkpoint_max=None,
        save_summary_steps=every,
        log_step_count_steps=every,
    )
    estimator = tf.estimator.Estimator(model_fn, config=config)
    data = functools.partial(
        _input_fn, accessor=fn_args.data_accessor, transform=transform, label=label
    )
    estimator.train(
        lambda: data(fn_args.train_files, epochs=None),
        max_steps=total,
        saving_listeners=[_CheckpointProgress(total)],
    )
    final = estimator.evaluate(lambda: data(fn_args.eval_files, epochs=1))
    logging.info("last checkpoint, step %d, loss on eval %.4f", total, final["loss"])
    _export(estimator, lambda: _serving_input(transform, inputs), fn_args.serving_model_dir)
    return estimator


def _export(
    estimator: tf.estimator.Estimator,
    serving_input: Callable[[], tf.estimator.export.ServingInputReceiver],
    directory: str,
) -> None:
    """Exports to exactly `directory`: Estimator itself always adds a timestamped folder."""
    parent = os.path.dirname(directory.rstrip("/"))
    tf.io.gfile.makedirs(parent)
    with tempfile.TemporaryDirectory(dir=parent) as scratch:
        exported = estimator.export_saved_model(scratch, serving_input)
        tf.io.gfile.rename(exported.decode(), directory)
