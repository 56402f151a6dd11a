"""Starts the process of each measurement, in an order in which what is compared lies together."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.cases import Case, Measurement, Outcome
from checkpoint_sweep.common.errors import UserError

# Far above what any case takes; a process that hangs must not hold up the others for ever.
_LIMIT_SECONDS = 1200


class RunFailedError(UserError):
    """A process of the benchmark failed; the message names it and its log."""


@dataclasses.dataclass(frozen=True)
class Task:
    """One measurement that is to be made.

    Attributes:
        case: what to measure.
        repeat: counts the measurements of the case from 1.
    """

    case: Case
    repeat: int


def interleaved(repeats: Mapping[Case, int]) -> list[Task]:
    """All measurements in rounds, each case once a round; a round goes from size to size.

    The ways on one size follow each other, and the repeats of a case are far apart: what else the
    machine does for a while hits all that is compared.
    """
    cases = sorted(repeats, key=lambda case: (case.examples, case.checkpoints, case.way))
    rounds = range(1, max(repeats.values(), default=0) + 1)
    return [Task(case, number) for number in rounds for case in cases if repeats[case] >= number]


def measure(task: Task, data: Path, logs: Path) -> Measurement:
    """Runs one measurement in a process of its own.

    Args:
        data: directory that `benchmarks.prepare` has made.
        logs: directory for what the process prints.

    Raises:
        RunFailedError: the process failed or took too long.
    """
    case = task.case
    name = f"{case.way}-{case.examples}-{case.checkpoints}-{task.repeat}"
    result = logs / f"{name}.json"
    result.unlink(missing_ok=True)
    arguments = [json.dumps(dataclasses.asdict(case)), str(data), str(result)]
    described = f"{case.way} on {case.examples} examples with {case.checkpoints} checkpoints"
    run_module("benchmarks.worker", arguments, logs / f"{name}.log", described)
    measured = json.loads(result.read_text())
    return Measurement(**{**measured, "outcome": Outcome(**measured["outcome"])})


def run_module(module: str, arguments: list[str], log: Path, described: str) -> None:
    """Runs a module of this project by `python -m`, all its output in a log.

    Args:
        described: what it is, for the error.

    Raises:
        RunFailedError: the process failed or took too long.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        try:
            done = subprocess.run(
                [sys.executable, "-m", module, *arguments],
                cwd=Path(__file__).resolve().parent.parent,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=_LIMIT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RunFailedError(
                f"{described}: stopped after {_LIMIT_SECONDS} seconds; its log is {log}."
            ) from None
    if done.returncode:
        raise RunFailedError(
            f"{described}: exit status {done.returncode}, {_last_line(log)!r}; its log is {log}."
        )


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "no output")
