"""`estimator.evaluate` for each checkpoint: the model function's own metrics, no slices."""

from collections.abc import Callable

import tensorflow as tf

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import END, START, TimingLog
from benchmarks.engine.cases import Case, CaseOutcome
from benchmarks.engine.contenders import transformed
from pipeline.problems.taxi.model import model_fn


def run(
    prepared: prepared_data.PreparedData, case: Case, scratch: str, events: TimingLog
) -> Callable[[], CaseOutcome]:
    """Evaluates checkpoint by checkpoint, see the package."""
    results = {}
    for checkpoint in prepared.checkpoints(case.checkpoints):
        events.add(START)
        estimator = tf.estimator.Estimator(model_fn, model_dir=scratch)
        results = estimator.evaluate(
            lambda: transformed.dataset(prepared, case.examples),
            checkpoint_path=checkpoint.prefix,
            hooks=[transformed.TimingHook(events, case.examples)],
        )
        events.add(END)
    return lambda: CaseOutcome(None, float(results["auc"]))
