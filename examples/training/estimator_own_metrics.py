"""`train_and_evaluate` that exports the best by a metric of `eval_metric_ops`."""

import tensorflow as tf
import tensorflow_model_analysis as tfma

from checkpoint_sweep import Direction, Selection, SweepExporter, SweepOptions

BY_PRECISION = Selection("model_fn/precision_at_1", direction=Direction.HIGHER_IS_BETTER)
OPTIONS = SweepOptions("eval-*.tfrecord", "eval_config.pbtxt", BY_PRECISION)


def train(estimator, train_spec, eval_input_fn, feature_spec, label, options=OPTIONS):
    """Trains, and leaves the best in `export/best` of the Estimator's `model_dir`."""
    features = {name: spec for name, spec in feature_spec.items() if name != label}
    exporter = SweepExporter(
        "best",
        tf.estimator.export.build_parsing_serving_input_receiver_fn(features),
        options,
        eval_input_receiver_fn=tfma.export.build_parsing_eval_input_receiver_fn(
            feature_spec, label
        ),
    )
    eval_spec = tf.estimator.EvalSpec(eval_input_fn, exporters=[exporter])
    tf.estimator.train_and_evaluate(estimator, train_spec, eval_spec)
    return exporter.result
