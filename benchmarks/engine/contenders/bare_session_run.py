"""The limit: the fused graph on serialized examples that are in memory, without any metric."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from benchmarks.common import prepared_data as problem_lib
from benchmarks.common.timing_events import BATCH, END, START, Stamps
from benchmarks.engine.cases import Case, Outcome
from checkpoint_sweep.evaluation import fused
from checkpoint_sweep.evaluation.evaluate_models import DEFAULT_BATCH_SIZE


def run(
    problem: problem_lib.Problem, case: Case, scratch: str, stamps: Stamps
) -> Callable[[], Outcome]:
    """See the package. Reading is done before the start."""
    del scratch
    records = tf.data.TFRecordDataset(problem.examples(case.examples), "GZIP")
    batches = list(records.batch(DEFAULT_BATCH_SIZE).as_numpy_iterator())
    stamps.add(START)
    predictor = fused.LoadedModels(problem.sources(case.checkpoints), problem_lib.SIGNATURE)
    stamps.add("load the models")
    (name,) = predictor.input_specs
    done = 0
    for batch in batches:
        outputs = predictor.predict({name: np.asarray(batch, object)})
        done += len(next(iter(outputs[-1].values())))
        stamps.add(BATCH, len(batch))
    stamps.add(END)
    return lambda: Outcome(done, None)
