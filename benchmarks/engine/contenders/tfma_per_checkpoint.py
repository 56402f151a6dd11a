"""Stock TFMA, one run for each checkpoint."""

import os
from collections.abc import Callable

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import TimingLog
from benchmarks.engine.cases import Case, CaseOutcome
from benchmarks.engine.contenders import tfma_run


def run(
    prepared: prepared_data.PreparedData, case: Case, scratch: str, events: TimingLog
) -> Callable[[], CaseOutcome]:
    """Evaluates each checkpoint by a run of its own, see the package."""
    checkpoints = prepared.checkpoints(case.checkpoints)
    outputs = [os.path.join(scratch, checkpoint.name) for checkpoint in checkpoints]
    for checkpoint, output in zip(checkpoints, outputs, strict=True):
        tfma_run.evaluate(prepared, case, [checkpoint], output, events)
    return lambda: CaseOutcome(*prepared_data.tfma_outcome(outputs[-1]))
