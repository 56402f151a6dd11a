"""`train_and_evaluate` that exports the best of all checkpoints, in place of `BestExporter`."""

import tensorflow as tf

from checkpoint_sweep import SweepExporter, SweepOptions

OPTIONS = SweepOptions("eval-*.tfrecord", "eval_config.pbtxt", "auc")


def train(estimator, train_spec, eval_input_fn, serving_input_receiver_fn, options=OPTIONS):
    """Trains, and leaves the best in `export/best` of the Estimator's `model_dir`."""
    exporter = SweepExporter("best", serving_input_receiver_fn, options)
    eval_spec = tf.estimator.EvalSpec(eval_input_fn, exporters=[exporter])
    tf.estimator.train_and_evaluate(estimator, train_spec, eval_spec)
    return exporter.result
