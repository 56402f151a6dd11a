"""Stock TFMA, all checkpoints as the models of one run."""

from collections.abc import Callable

from benchmarks.common import prepared_data as problem_lib
from benchmarks.common.timing_events import Stamps
from benchmarks.engine.cases import Case, Outcome
from benchmarks.engine.contenders import tfma_run


def run(
    problem: problem_lib.Problem, case: Case, scratch: str, stamps: Stamps
) -> Callable[[], Outcome]:
    """See the package."""
    checkpoints = problem.checkpoints(case.checkpoints)
    tfma_run.evaluate(problem, case, checkpoints, scratch, stamps)
    return lambda: Outcome(*problem_lib.tfma_outcome(scratch, checkpoints[-1].name))
