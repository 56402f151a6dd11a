"""This project's engine without jackknife folds: what stock TFMA computes, and no intervals."""

from collections.abc import Callable

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import TimingLog
from benchmarks.engine.cases import Case, CaseOutcome
from benchmarks.engine.contenders import engine_run


def run(
    prepared: prepared_data.PreparedData, case: Case, scratch: str, events: TimingLog
) -> Callable[[], CaseOutcome]:
    """Evaluates all checkpoints in one pass, see the package."""
    return engine_run.evaluate(prepared, case, scratch, events, None)
