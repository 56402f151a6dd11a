"""The limit: the fused graph on serialized examples that are in memory, without any metric."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import BATCH, END, START, TimingLog
from benchmarks.engine.cases import Case, CaseOutcome
from checkpoint_sweep.evaluation.fused.transform import DEFAULT_BATCH_SIZE
from checkpoint_sweep.evaluation.predict import LoadedModels


def run(
    prepared: prepared_data.PreparedData, case: Case, scratch: str, events: TimingLog
) -> Callable[[], CaseOutcome]:
    """Runs the fused graph, see the package; the examples are read before the start."""
    del scratch
    records = tf.data.TFRecordDataset(prepared.examples(case.examples), "GZIP")
    batches = list(records.batch(DEFAULT_BATCH_SIZE).as_numpy_iterator())
    events.add(START)
    predictor = LoadedModels(prepared.sources(case.checkpoints), prepared_data.SIGNATURE)
    events.add("load the models")
    (name,) = predictor.input_specs
    done = 0
    for batch in batches:
        outputs = predictor.predict({name: np.asarray(batch, object)})
        done += len(next(iter(outputs[-1].values())))
        events.add(BATCH, len(batch))
    events.add(END)
    return lambda: CaseOutcome(done, None)
