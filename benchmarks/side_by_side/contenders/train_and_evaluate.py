"""`tf.estimator.train_and_evaluate` with a `BestExporter`: training waits for each evaluation."""

from typing import Any

import tensorflow as tf

from benchmarks.side_by_side import model
from benchmarks.side_by_side.job import Job


def _higher_auc(best_eval_result: dict[str, Any], current_eval_result: dict[str, Any]) -> bool:
    return current_eval_result["auc"] > best_eval_result["auc"]


def run(job: Job, throttle_secs: int = 0) -> str:
    """Trains, with so many seconds between two evaluations at least (600 by default)."""
    estimator = model.estimator(job)
    exporter = tf.estimator.BestExporter("best", model.serving_input, compare_fn=_higher_auc)
    tf.estimator.train_and_evaluate(
        estimator,
        tf.estimator.TrainSpec(lambda: model.training_batches(job), max_steps=job.steps),
        tf.estimator.EvalSpec(
            lambda: model.evaluation_batches(job),
            steps=None,
            exporters=exporter,
            start_delay_secs=0,
            throttle_secs=throttle_secs,
        ),
    )
    return max(tf.io.gfile.glob(f"{job.model_run}/export/best/*"))
