"""A `run_fn` for a `trainer_fn` of TFX's old executor."""

import tensorflow as tf
from my_trainer import serving_input_receiver_fn, trainer_fn  # Your module, as it is.
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.utils import io_utils


def run_fn(fn_args):
    """Trains by `trainer_fn`, and exports for serving."""
    schema = io_utils.parse_pbtxt_file(fn_args.schema_path, schema_pb2.Schema())
    spec = trainer_fn(fn_args, schema)
    tf.estimator.train_and_evaluate(spec["estimator"], spec["train_spec"], spec["eval_spec"])
    exported = spec["estimator"].export_saved_model(
        fn_args.model_run_dir + "/export", serving_input_receiver_fn
    )
    tf.io.gfile.makedirs(fn_args.serving_model_dir.rsplit("/", 1)[0])
    tf.io.gfile.rename(exported.decode(), fn_args.serving_model_dir)
