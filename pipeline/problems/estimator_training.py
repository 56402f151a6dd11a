"""Trains an Estimator for the Trainer component so that a checkpoint sweep can follow."""

import functools
import os
import tempfile
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from absl import logging
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import v1 as tfx
from tfx_bsl.public import tfxio

from pipeline.problems.estimator_inputs import Inputs

ModelFn = Callable[..., tf.estimator.EstimatorSpec]
_BATCH_SIZE = 64
_SEED = 20


def _input_fn(
    files: list[str],
    accessor: tfx.components.DataAccessor,
    schema: schema_pb2.Schema,
    label: str,
    epochs: int | None,
) -> tf.data.Dataset:
    """Reads batches of (features, label); endless when `epochs` is None."""
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=_BATCH_SIZE,
        num_epochs=epochs,
        shuffle=epochs is None,
        shuffle_seed=_SEED,
        label_key=label,
    )
    return accessor.tf_dataset_factory(files, options, schema)


class _CheckpointProgress(tf.estimator.CheckpointSaverListener):
    """Logs each checkpoint as it is saved."""

    def __init__(self, total: int) -> None:
        self._total = total

    def after_save(self, session: Any, global_step_value: int) -> None:
        """Logs the step; the Estimator calls this after each save."""
        del session
        logging.info("saved the checkpoint of step %d of %d", global_step_value, self._total)


def train(
    fn_args: tfx.components.FnArgs,
    model_fn: ModelFn,
    label: str,
    inputs: Inputs,
    params: dict[str, Any] | None = None,
) -> tf.estimator.Estimator:
    """Trains, keeping every checkpoint in the `model_run` artifact, and exports the last step.

    Args:
        fn_args: Arguments from the Trainer; ``custom_config["checkpoint_steps"]`` is the number of
            steps between two checkpoints.
        model_fn: Model function of the Estimator.
        label: Name of the label among the features.
        inputs: How features reach the model.
        params: Parameters of the model function, if it takes any.

    Returns:
        The trained Estimator.
    """
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
    estimator = tf.estimator.Estimator(model_fn, config=config, params=params)
    data = functools.partial(
        _input_fn, accessor=fn_args.data_accessor, schema=inputs.schema, label=label
    )
    estimator.train(
        lambda: data(fn_args.train_files, epochs=None),
        max_steps=total,
        saving_listeners=[_CheckpointProgress(total)],
    )
    final = estimator.evaluate(lambda: data(fn_args.eval_files, epochs=1))
    logging.info("last checkpoint, step %d, loss on eval %.4f", total, final["loss"])
    _export(estimator, inputs.serving, fn_args.serving_model_dir)
    return estimator


def _export(
    estimator: tf.estimator.Estimator,
    serving_input: Callable[[], tf.estimator.export.ServingInputReceiver],
    directory: str,
) -> None:
    """Exports to exactly `directory`, on any file system.

    Estimator itself adds a folder of its own, which it moves into place: not every file system
    can move folders.
    """
    with tempfile.TemporaryDirectory() as scratch:
        exported = estimator.export_saved_model(scratch, serving_input).decode()
        for folder, _, files in tf.io.gfile.walk(exported):
            target = directory + folder.removeprefix(exported)
            tf.io.gfile.makedirs(target)
            for file in files:
                tf.io.gfile.copy(os.path.join(folder, file), os.path.join(target, file))
