"""Starts the process of each measurement, in an order in which what is compared lies together."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.common.folders import REPOSITORY
from benchmarks.common.processes import run_module
from benchmarks.engine.cases import TFMA_NEWEST_STACK, Case, CaseOutcome, Measurement

NEWEST_PYTHON = REPOSITORY / ".venv-3.12" / "bin" / "python"
# As TFMA needs it there: a model of Keras 3 would be loaded otherwise.
_NEWEST_ENVIRONMENT = {"TF_USE_LEGACY_KERAS": "1"}


@dataclasses.dataclass(frozen=True)
class MeasurementTask:
    """One measurement that is to be made.

    Attributes:
        case: Case to measure.
        repeat: Number of the measurement among those of the case, from 1.
    """

    case: Case
    repeat: int


def interleaved(repeats: Mapping[Case, int]) -> list[MeasurementTask]:
    """Orders all measurements in rounds, each case once a round; a round goes from size to size.

    The contenders on one size follow each other, and the repeats of a case are far apart: what else
    the machine does for a while hits all that is compared.
    """
    cases = sorted(repeats, key=lambda case: (case.examples, case.checkpoints, case.contender))
    rounds = range(1, max(repeats.values(), default=0) + 1)
    return [
        MeasurementTask(case, number)
        for number in rounds
        for case in cases
        if repeats[case] >= number
    ]


def measure(task: MeasurementTask, data: Path, logs: Path) -> Measurement:
    """Runs one measurement in a process of its own.

    Args:
        task: Case to measure, and which of its repetitions.
        data: Directory that `benchmarks.engine.prepare` has made.
        logs: Directory for what the process prints.

    Raises:
        RunFailedError: the process failed or took too long.
    """
    case = task.case
    name = f"{case.contender}-{case.examples}-{case.checkpoints}-{task.repeat}"
    result = logs / f"{name}.json"
    result.unlink(missing_ok=True)
    arguments = [json.dumps(dataclasses.asdict(case)), str(data), str(result)]
    described = f"{case.contender} on {case.examples} examples with {case.checkpoints} checkpoints"
    module, log = "benchmarks.engine.worker", logs / f"{name}.log"
    if case.contender == TFMA_NEWEST_STACK:
        run_module(module, arguments, log, described, str(NEWEST_PYTHON), _NEWEST_ENVIRONMENT)
    else:
        run_module(module, arguments, log, described)
    measured = json.loads(result.read_text())
    return Measurement(**{**measured, "outcome": CaseOutcome(**measured["outcome"])})
