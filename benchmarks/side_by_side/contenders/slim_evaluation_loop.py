"""`tf_slim.evaluation.evaluation_loop` beside a training; the choice is code of one's own."""

import threading

import tensorflow as tf
import tf_slim as slim
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from benchmarks.side_by_side import model
from benchmarks.side_by_side.job import Job


def run(job: Job, look_every: float = 1.0) -> str:
    """Trains while the loop looks at the folder every so many seconds (60 by default)."""
    estimator = model.estimator(job)
    training = threading.Thread(
        target=lambda: estimator.train(lambda: model.training_batches(job), max_steps=job.steps)
    )
    training.start()
    logdir = job.path("eval")
    with tf.Graph().as_default():
        tf.compat.v1.train.create_global_step()
        batches = tf.compat.v1.data.make_one_shot_iterator(model.evaluation_batches(job))
        features, label = batches.get_next()
        spec = model.model_fn(features, label, tf.estimator.ModeKeys.EVAL, estimator.params)
        value, update = spec.eval_metric_ops["auc"]
        tf.compat.v1.summary.scalar("eval_auc", value)
        slim.evaluation.evaluation_loop(
            master="",
            checkpoint_dir=job.model_run,
            logdir=logdir,
            num_evals=job.evaluation_batches,
            eval_op=update,
            eval_interval_secs=look_every,
            timeout=look_every,
            timeout_fn=lambda: not training.is_alive(),
        )
    events = EventAccumulator(logdir, {"scalars": 0}).Reload()
    best = max(events.Scalars("eval_auc"), key=lambda event: event.value)
    exported = estimator.export_saved_model(
        job.path("export"),
        model.serving_input,
        checkpoint_path=f"{job.model_run}/model.ckpt-{best.step}",
    )
    return exported.decode()
