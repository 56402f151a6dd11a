"""`tf_slim.evaluation.evaluate_once` for each checkpoint: the same metrics, no slices."""

import math
from collections.abc import Callable

import tensorflow as tf
import tf_slim as slim

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import END, START, TimingLog
from benchmarks.engine.cases import Case, CaseOutcome
from benchmarks.engine.contenders import transformed
from pipeline.problems.taxi.model import model_fn


def run(
    prepared: prepared_data.PreparedData, case: Case, scratch: str, events: TimingLog
) -> Callable[[], CaseOutcome]:
    """Evaluates checkpoint by checkpoint, see the package."""
    values = {}
    for checkpoint in prepared.checkpoints(case.checkpoints):
        events.add(START)
        with tf.Graph().as_default():
            batches = transformed.dataset(prepared, case.examples)
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
                hooks=[transformed.TimingHook(events, case.examples)],
            )
        events.add(END)
    return lambda: CaseOutcome(None, float(values["auc"]))
