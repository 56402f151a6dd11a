"""Stock TFMA, all checkpoints as the models of one run."""

from collections.abc import Callable

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import TimingLog
from benchmarks.engine.cases import Case, CaseOutcome
from benchmarks.engine.contenders import tfma_run


def run(
    prepared: prepared_data.PreparedData, case: Case, scratch: str, events: TimingLog
) -> Callable[[], CaseOutcome]:
    """Evaluates all checkpoints as models of one run, see the package."""
    checkpoints = prepared.checkpoints(case.checkpoints)
    tfma_run.evaluate(prepared, case, checkpoints, scratch, events)
    return lambda: CaseOutcome(*prepared_data.tfma_outcome(scratch, checkpoints[-1].name))
