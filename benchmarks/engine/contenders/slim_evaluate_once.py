"""`tf_slim.evaluation.evaluate_once` for each checkpoint: the same metrics, no slices."""

import math
from collections.abc import Callable

import tensorflow as tf
import tf_slim as slim

from benchmarks.common import prepared_data as problem_lib
from benchmarks.common.timing_events import END, START, Stamps
from benchmarks.engine.cases import Case, Outcome
from benchmarks.engine.contenders import transformed
from pipeline.problems.taxi.model import model_fn


def run(
    problem: problem_lib.Problem, case: Case, scratch: str, stamps: Stamps
) -> Callable[[], Outcome]:
    """See the package."""
    values = {}
    for checkpoint in problem.checkpoints(case.checkpoints):
        stamps.add(START)
        with tf.Graph().as_default():
            batches = transformed.dataset(problem, case.examples)
            columns, label = tf.compat.v1.data.make_one_shot_iterator(batches).get_next()
            tf.compat.v1.train.create_global_step()
            metrics = model_fn(columns, label, tf.estimator.ModeKeys.EVAL).eval_metric_ops
            values = slim.evaluation.evaluate_once(
                master="",
                checkpoint_path=checkpoint.prefix,
                logdir=scratch,
                num_evals=math.ceil(case.examples / transformed.BATCH_SIZE),
                eval_op=[update for _, update in metrics.values()],
                final_op={name: value for name, (value, _) in metrics.items()},
                hooks=[transformed.StampHook(stamps, case.examples)],
            )
        stamps.add(END)
    return lambda: Outcome(None, float(values["auc"]))
