"""Is x positive? One weight and one bias, by an Estimator on raw examples."""

import os
import signal
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2
from tfx import v1 as tfx

from pipeline.problems import estimator_inputs, estimator_training

# The step at which the training waits until it is interrupted or killed.
HOLD = "TINY_HOLD"
# How much better than the baseline a model must be, in AUC.
BETTER = "TINY_BETTER"
# What fails, if anything does.
FAILS = "TINY_FAILS"

_CONFIG = """
model_specs { signature_name: "serving_default" label_key: "y" }
slicing_specs {}
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "BinaryCrossEntropy" }
  metrics {
    class_name: "AUC"
    per_slice_thresholds {
      slicing_specs {}
      threshold {
        value_threshold { lower_bound { value: 0.5 } }
        change_threshold { direction: HIGHER_IS_BETTER absolute { value: %s } }
      }
    }
  }
}
"""


def eval_config() -> config_pb2.EvalConfig:
    """AUC must be above one half, and may be a little worse than the baseline's."""
    return text_format.Parse(_CONFIG % os.environ.get(BETTER, "-0.5"), config_pb2.EvalConfig())


class _Hold(tf.estimator.SessionRunHook):
    def before_run(self, run_context: Any) -> tf.estimator.SessionRunArgs:
        return tf.estimator.SessionRunArgs(tf.compat.v1.train.get_global_step())

    def after_run(self, run_context: Any, run_values: Any) -> None:
        if str(run_values.results) == os.environ.get(HOLD):
            signal.pause()


def model_fn(features: dict, labels: tf.Tensor | None, mode: str) -> tf.estimator.EstimatorSpec:
    """Logistic regression."""
    x = tf.reshape(features["x"], [-1, 1])
    logit = tf.squeeze(tf.compat.v1.layers.dense(x, 1), axis=1)
    if mode == tf.estimator.ModeKeys.PREDICT:
        outputs = {"probability": tf.sigmoid(logit)}
        return tf.estimator.EstimatorSpec(
            mode,
            predictions=outputs,
            export_outputs={"serving_default": tf.estimator.export.PredictOutput(outputs)},
        )
    loss = tf.compat.v1.losses.sigmoid_cross_entropy(tf.reshape(labels, [-1]), logit)
    step = tf.compat.v1.train.get_or_create_global_step()
    train = tf.compat.v1.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=step)
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train, training_hooks=[_Hold()])


def preprocessing_fn(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Something for Transform to compute."""
    return {"x": tft.scale_to_z_score(inputs["x"]), "y": inputs["y"]}


def run_fn(fn_args: tfx.components.FnArgs) -> None:
    """Trains, unless it is to fail."""
    if os.environ.get(FAILS) == "training":
        raise RuntimeError("the cat sat\non the keyboard " + "x" * 400)
    read = estimator_inputs.transformed if fn_args.transform_graph_path else estimator_inputs.raw
    estimator_training.train(fn_args, model_fn, "y", read(fn_args, ["x"]))
