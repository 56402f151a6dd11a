"""This project's engine, as the sweep runs it: the metric that decides is summed by fold too."""

from collections.abc import Callable

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import TimingLog
from benchmarks.engine.cases import Case, CaseOutcome
from benchmarks.engine.contenders import engine_run
from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.selection.selection import Selection


def run(
    prepared: prepared_data.PreparedData, case: Case, scratch: str, events: TimingLog
) -> Callable[[], CaseOutcome]:
    """Evaluates all checkpoints in one pass, see the package."""
    tracked = find_tracked_metrics(prepared_data.eval_config(), Selection("auc"))
    return engine_run.evaluate(prepared, case, scratch, events, tracked)
