"""A small Estimator, trained for real on taxi rows: a model run and its export."""

import dataclasses
import fcntl
import shutil
from pathlib import Path
from typing import Any

import tensorflow as tf

FEATURES = {
    "fare": tf.io.FixedLenFeature([], tf.float32),
    "trip_start_hour": tf.io.FixedLenFeature([], tf.int64),
    "payment_type": tf.io.FixedLenFeature([], tf.string),
}
LABEL = "big_tipper"
STEPS = (0, 20, 40, 60)
SEED = 80  # AUC on 200 taxi rows: 0.11, 0.938, 0.947, 0.946


@dataclasses.dataclass(frozen=True)
class EstimatorRun:
    """The output of a Trainer.

    Attributes:
        estimator: Trained Estimator.
        model_run: Directory with the checkpoints of `STEPS`.
        export: Directory of the SavedModel of the last step.
    """

    estimator: Any
    model_run: Path
    export: Path


def model_fn(features: dict, labels: tf.Tensor | None, mode: str) -> "tf.estimator.EstimatorSpec":
    """Builds a logistic regression with one hidden layer and a vocabulary."""
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(["Cash", "Credit Card"]), tf.constant([1, 2], tf.int64)
        ),
        0,
    )
    payment = tf.one_hot(table.lookup(tf.reshape(features["payment_type"], [-1])), 3)
    numbers = [tf.reshape(features["fare"], [-1, 1]) / 10.0]
    numbers.append(tf.cast(tf.reshape(features["trip_start_hour"], [-1, 1]), tf.float32) / 24.0)
    hidden = tf.compat.v1.layers.dense(
        tf.concat([payment, *numbers], 1),
        4,
        activation=tf.nn.tanh,
        kernel_initializer=_kernel(1),
        name="hidden",
    )
    logit = tf.squeeze(
        tf.compat.v1.layers.dense(hidden, 1, kernel_initializer=_kernel(2), name="logit"), 1
    )
    probability = tf.sigmoid(logit)
    if mode == tf.estimator.ModeKeys.PREDICT:
        outputs = {"probability": probability}
        export = {"serving_default": tf.estimator.export.PredictOutput(outputs)}
        return tf.estimator.EstimatorSpec(mode, predictions=outputs, export_outputs=export)
    loss = tf.compat.v1.losses.sigmoid_cross_entropy(labels, logit)
    if mode == tf.estimator.ModeKeys.EVAL:
        return tf.estimator.EstimatorSpec(
            mode, loss=loss, eval_metric_ops=_metrics(labels, logit, probability)
        )
    step = tf.compat.v1.train.get_or_create_global_step()
    train = tf.compat.v1.train.AdamOptimizer(0.02).minimize(loss, global_step=step)
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train)


def _kernel(layer: int) -> tf.keras.initializers.Initializer:
    """Initial weights, the same in each process: which step is best must not be left to chance."""
    return tf.compat.v1.glorot_uniform_initializer(seed=SEED + layer)


def _largest(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Makes a metric of one's own, whose state is no sum."""
    state = tf.compat.v1.get_variable(
        "largest",
        initializer=0.0,
        trainable=False,
        collections=[tf.compat.v1.GraphKeys.LOCAL_VARIABLES],
    )
    return state.read_value(), tf.compat.v1.assign(state, tf.maximum(state, tf.reduce_max(values)))


def _metrics(labels: tf.Tensor, logit: tf.Tensor, probability: tf.Tensor) -> dict:
    """Makes the metrics of the model function: sums, a curve, top k, and one of no sums."""
    metrics = tf.compat.v1.metrics
    of_classes = tf.stack([1 - probability, probability], 1)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(labels, tf.float32), logit)
    return {
        "auc": metrics.auc(labels, probability, num_thresholds=1000),
        "accuracy": metrics.accuracy(labels, tf.cast(probability > 0.5, tf.int64)),
        "precision_at_1": metrics.precision_at_k(labels[:, tf.newaxis], of_classes, 1),
        "mean_loss": metrics.mean(losses),
        "largest": _largest(probability),
    }


class _NoEstimator:
    """Stands in for an Estimator: tests that ask it for anything need `tf.estimator`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(tf.estimator.Estimator, name)


def frozen() -> EstimatorRun:
    """What `train` left on Python 3.10, without graphs and events: where there is no Estimator."""
    directory = Path(__file__).parent / "frozen_estimator"
    return EstimatorRun(_NoEstimator(), directory / "model_run", directory / "export")


def train(
    directory: Path, examples: list[bytes], steps: int = STEPS[-1], seed: int = 1
) -> EstimatorRun:
    """Trains with a checkpoint every 20 steps and exports the last."""

    def data() -> tf.data.Dataset:
        spec = FEATURES | {LABEL: tf.io.FixedLenFeature([], tf.int64)}
        dataset = tf.data.Dataset.from_tensor_slices(examples).repeat().batch(50)
        return dataset.map(lambda batch: tf.io.parse_example(batch, spec)).map(
            lambda columns: (columns, columns.pop(LABEL))
        )

    run = _run(directory, seed)
    run.estimator.train(data, max_steps=steps)
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn(FEATURES)
    exported = run.estimator.export_saved_model(str(directory / "exports"), receiver)
    shutil.copytree(exported.decode(), run.export)
    return run


def train_once(directory: Path, examples: list[bytes], seed: int = 1) -> EstimatorRun:
    """Gives the one run in this folder.

    The folder may be that of several processes: the first trains, others wait for it.
    """
    directory.mkdir(exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = _run(directory, seed)
        return run if run.export.exists() else train(directory, examples, seed=seed)


def _run(directory: Path, seed: int) -> EstimatorRun:
    model_run = directory / "model_run"
    config = tf.estimator.RunConfig(
        str(model_run), tf_random_seed=seed, save_checkpoints_steps=20, keep_checkpoint_max=None
    )
    estimator = tf.estimator.Estimator(model_fn, config=config)
    return EstimatorRun(estimator, model_run, directory / "model" / "Format-Serving")
