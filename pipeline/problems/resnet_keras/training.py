"""The Trainer's entry point for the Keras ResNet: trains with periodic checkpoints, exports."""

import os

import tensorflow as tf
from absl import logging
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import v1 as tfx
from tfx_bsl.public import tfxio

from pipeline.problems.digits import features
from pipeline.problems.resnet_keras import model as resnet
from pipeline.problems.resnet_keras import serving

_BATCH_SIZE = 32
_SEED = 20
_PREFIX = "ckpt"


class _Checkpoints(tf.keras.callbacks.Callback):
    """Saves the weights every so many steps and after the last, as ``ckpt-<step>``.

    Not the optimizer's state: a run so brief is not resumed.
    """

    def __init__(self, weights: tf.keras.Model, directory: str, every: int, total: int) -> None:
        super().__init__()
        self._checkpoint = tf.train.Checkpoint(model=weights)
        self._prefix = os.path.join(directory, _PREFIX)
        self._every = every
        self._total = total

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Saves the weights where it is time; Keras calls this, and `batch` counts from 0."""
        step = batch + 1
        if step % self._every and step != self._total:
            return
        self._checkpoint.write(f"{self._prefix}-{step}")
        loss = (logs or {}).get("loss", float("nan"))
        logging.info(
            "saved the checkpoint of step %d of %d, loss so far %.4f", step, self._total, loss
        )


def _dataset(fn_args: tfx.components.FnArgs, files: list[str], training: bool) -> tf.data.Dataset:
    """Reads batches of (images, label); endless and shuffled for training."""
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=_BATCH_SIZE,
        num_epochs=None if training else 1,
        shuffle=training,
        shuffle_seed=_SEED,
        label_key=features.LABEL,
    )
    schema = tfx.utils.parse_pbtxt_file(fn_args.schema_path, schema_pb2.Schema())
    examples = fn_args.data_accessor.tf_dataset_factory(files, options, schema)
    return examples.map(lambda columns, label: (resnet.images(columns[features.IMAGE]), label))


def run_fn(fn_args: tfx.components.FnArgs) -> None:
    """Trains and exports the model (called by the Trainer component).

    Every checkpoint stays in the `model_run` artifact, and the last step is what is exported.
    """
    tf.keras.utils.set_random_seed(_SEED)
    total = int(fn_args.train_steps)
    every = int(fn_args.custom_config["checkpoint_steps"])
    model = resnet.build()
    training = resnet.compiled(model)
    tf.io.gfile.makedirs(fn_args.model_run_dir)
    training.fit(
        _dataset(fn_args, fn_args.train_files, training=True),
        steps_per_epoch=total,
        callbacks=[_Checkpoints(model, fn_args.model_run_dir, every, total)],
        verbose=0,
    )
    final = training.evaluate(
        _dataset(fn_args, fn_args.eval_files, training=False), return_dict=True, verbose=0
    )
    logging.info("last checkpoint, step %d, loss on eval %.4f", total, final["loss"])
    serving.export(model, fn_args.serving_model_dir)
