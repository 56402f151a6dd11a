"""`estimator.evaluate` for each checkpoint: the model function's own metrics, no slices."""

from collections.abc import Callable

import tensorflow as tf

from benchmarks.common import prepared_data as problem_lib
from benchmarks.common.timing_events import END, START, Stamps
from benchmarks.engine.cases import Case, Outcome
from benchmarks.engine.contenders import transformed
from pipeline.problems.taxi.model import model_fn


def run(
    problem: problem_lib.Problem, case: Case, scratch: str, stamps: Stamps
) -> Callable[[], Outcome]:
    """See the package."""
    results = {}
    for checkpoint in problem.checkpoints(case.checkpoints):
        stamps.add(START)
        estimator = tf.estimator.Estimator(model_fn, model_dir=scratch)
        results = estimator.evaluate(
            lambda: transformed.dataset(problem, case.examples),
            checkpoint_path=checkpoint.prefix,
            hooks=[transformed.StampHook(stamps, case.examples)],
        )
        stamps.add(END)
    return lambda: Outcome(None, float(results["auc"]))
