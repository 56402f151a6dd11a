"""A canned Estimator, and a SavedModel of it before its training."""

import tensorflow as tf


def make(feature_columns, run="run"):
    """Makes an Estimator each of whose checkpoints is evaluated as it is saved."""
    config = tf.estimator.RunConfig(run, save_checkpoints_steps=200)
    return tf.estimator.DNNClassifier([32, 16], feature_columns, config=config)


def receiver_fn(feature_columns):
    """Makes what an export needs to parse serialized examples."""
    spec = tf.feature_column.make_parse_example_spec(feature_columns)
    return tf.estimator.export.build_parsing_serving_input_receiver_fn(spec)


def export_untrained(estimator, input_fn, serving_input_receiver_fn, folder="export"):
    """Trains one step, and exports."""
    estimator.train(input_fn, max_steps=1)
    return estimator.export_saved_model(folder, serving_input_receiver_fn)
