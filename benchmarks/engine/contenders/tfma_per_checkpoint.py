"""Stock TFMA, one run for each checkpoint."""

import os
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
    outputs = [os.path.join(scratch, checkpoint.name) for checkpoint in checkpoints]
    for checkpoint, output in zip(checkpoints, outputs, strict=True):
        tfma_run.evaluate(problem, case, [checkpoint], output, stamps)
    return lambda: Outcome(*problem_lib.tfma_outcome(outputs[-1]))
