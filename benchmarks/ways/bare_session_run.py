"""The limit: the fused graph on serialized examples that are in memory, without any metric."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from benchmarks import problem as problem_lib
from benchmarks.cases import Case, Outcome
from benchmarks.stamps import BATCH, END, START, Stamps
from checkpoint_sweep.evaluation.fused.transform import DEFAULT_BATCH_SIZE
from checkpoint_sweep.evaluation.predict import LoadedModels


def run(
    problem: problem_lib.Problem, case: Case, scratch: str, stamps: Stamps
) -> Callable[[], Outcome]:
    """See the package. Reading is done before the start."""
    del scratch
    records = tf.data.TFRecordDataset(problem.examples(case.examples), "GZIP")
    batches = list(records.batch(DEFAULT_BATCH_SIZE).as_numpy_iterator())
    stamps.add(START)
    predictor = LoadedModels(problem.sources(case.checkpoints), problem_lib.SIGNATURE)
    stamps.add("load the models")
    (name,) = predictor.input_specs
    done = 0
    for batch in batches:
        outputs = predictor.predict({name: np.asarray(batch, object)})
        done += len(next(iter(outputs[-1].values())))
        stamps.add(BATCH, len(batch))
    stamps.add(END)
    return lambda: Outcome(done, None)
