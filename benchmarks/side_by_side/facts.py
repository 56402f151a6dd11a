"""What is found out about each contender, by running it.

    python -m benchmarks.side_by_side.facts CONTENDER DATA RESULT

measures one contender in this process, whose time starts when its imports are done.
"""

import contextlib
import dataclasses
import importlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.side_by_side.job import Data, Job
from benchmarks.side_by_side.lines import lines_of_code
from benchmarks.side_by_side.outcome import (
    ESTIMATOR,
    KERAS,
    SWEEP,
    JobOutcome,
    evaluations,
    read_outcome,
)
from checkpoint_sweep.evaluation.results.ledger import read_ledger
from checkpoint_sweep.sweeping.finished import read_result

# So that few steps are enough to become good, and as few to become bad.
_QUICK = 0.02


@dataclasses.dataclass(frozen=True)
class JobSize:
    """Of a job.

    Attributes:
        steps: Number of training steps.
        checkpoint_steps: Number of steps from one checkpoint to the next.
    """

    steps: int
    checkpoint_steps: int


@dataclasses.dataclass(frozen=True)
class Started:
    """What a contender has left, and how long it took.

    Attributes:
        seconds: Time from the start of training to the exported model, imports not counted.
        cpu_seconds: CPU time of all threads in that time.
        outcome: What the contender has left.
    """

    seconds: float
    cpu_seconds: float
    outcome: JobOutcome


@dataclasses.dataclass(frozen=True)
class Restart:
    """A training that is stopped and started again, and gets worse from then on.

    Attributes:
        before: AUC of the model that was exported before the restart.
        after: AUC of the model that is exported in the end.
        chosen_before: Step of the model before.
        chosen_after: Step of the model after.
    """

    before: float
    after: float
    chosen_before: int
    chosen_after: int

    @property
    def best_is_kept(self) -> bool:
        """Whether the model from before the restart is still the one that is exported."""
        return self.chosen_after == self.chosen_before


@dataclasses.dataclass(frozen=True)
class Facts:
    """Facts about one contender.

    Attributes:
        lines: Number of lines of code, without docstrings, comments and empty lines.
        whole: What the whole job left.
        tie: What the job left with a learning rate of 0, where all checkpoints are equal.
        again: Steps that a second start of that, when all is done, evaluates once more.
        late: Steps of that which are evaluated by who comes when all checkpoints are there; None
            for who evaluates only what it trains itself.
        restart: Training that is stopped and started again.
        throttled: The same as `whole` with the default time between evaluations; None where there
            is none.
    """

    lines: int
    whole: Started
    tie: JobOutcome
    again: Sequence[int]
    late: Sequence[int] | None
    restart: Restart
    throttled: Started | None


def measure(contender: str, data: Data, size: JobSize, small: JobSize) -> Facts:
    """Finds all facts about a contender.

    Args:
        contender: One of `outcome.CONTENDERS`.
        data: Examples to train and evaluate on.
        size: Size of the job that is timed.
        small: Size of all other jobs.
    """
    with tempfile.TemporaryDirectory(prefix="side-by-side-") as scratch:

        def directory(name: str) -> str:
            return os.path.join(scratch, name)

        tied = make_job(directory("tie"), data, small, learning_rate=0.0)
        whole = start(contender, make_job(directory("whole"), data, size))
        return Facts(
            lines_of_contender(contender),
            whole,
            start(contender, tied).outcome,
            evaluated_again(contender, tied),
            None if contender == KERAS else evaluated_late(contender, tied, directory("late")),
            restart(contender, data, small, directory("restart")),
            _throttled(make_job(directory("throttled"), data, size))
            if contender == ESTIMATOR
            else None,
        )


def make_job(directory: str, data: Data, size: JobSize, **others: Any) -> Job:
    """Makes a job in a directory."""
    return Job(
        directory,
        data.trained,
        data.evaluated,
        data.examples,
        size.steps,
        size.checkpoint_steps,
        **others,
    )


def lines_of_contender(contender: str) -> int:
    """Counts the lines of code of a contender."""
    return lines_of_code((Path(__file__).parent / "contenders" / f"{contender}.py").read_text())


def start(contender: str, job: Job, **others: Any) -> Started:
    """Starts a contender on a job."""
    run = _run(contender)
    begun, used = time.monotonic(), time.process_time()
    exported = run(job, **others)
    seconds, cpu_seconds = time.monotonic() - begun, time.process_time() - used
    return Started(seconds, cpu_seconds, read_outcome(contender, job, exported))


def evaluated_again(contender: str, job: Job) -> list[int]:
    """Starts a job that is done once more; returns the steps that this evaluates."""
    before = evaluations(contender, job)
    _run(contender)(job)
    if contender == SWEEP:
        ledger = read_ledger(read_result(job.path("sweep")).directory)
        return [entry.step for entry in ledger if not entry.reused]
    return evaluations(contender, job)[len(before) :]


def evaluated_late(contender: str, done: Job, directory: str) -> list[int]:
    """Starts a contender when all checkpoints are there; returns the steps that it evaluates.

    Args:
        contender: One of those that read checkpoints.
        done: Job that is done.
        directory: Directory for the late start.
    """
    job = dataclasses.replace(done, directory=directory)
    shutil.copytree(
        done.model_run, job.model_run, ignore=shutil.ignore_patterns("eval", "export", "events*")
    )
    with contextlib.suppress(ValueError):  # There is nothing to export where nothing is evaluated.
        _run(contender)(job)
    return evaluations(contender, job)


def restart(contender: str, data: Data, size: JobSize, directory: str) -> Restart:
    """Starts a job, and again with twice the steps on examples that make the model worse."""
    job = make_job(directory, data, size, learning_rate=_QUICK)
    before = start(contender, job).outcome
    worse = dataclasses.replace(job, trained=data.spoilt, steps=2 * size.steps)
    after = start(contender, worse).outcome
    return Restart(before.auc, after.auc, before.chosen, after.chosen)


def _throttled(job: Job) -> Started:
    return start(ESTIMATOR, job, throttle_secs=600)


def _run(contender: str) -> Callable[..., str]:
    run: Callable[..., str] = importlib.import_module(
        f"benchmarks.side_by_side.contenders.{contender}"
    ).run
    return run


def from_json(content: dict[str, Any]) -> Facts:
    """Reads what `main` has written."""

    def started(fields: dict[str, Any] | None) -> Started | None:
        if fields is None:
            return None
        return Started(**{**fields, "outcome": JobOutcome(**fields["outcome"])})

    whole = started(content["whole"])
    assert whole is not None
    return Facts(
        content["lines"],
        whole,
        JobOutcome(**content["tie"]),
        content["again"],
        content["late"],
        Restart(**content["restart"]),
        started(content["throttled"]),
    )


def main(contender: str, data: str, result: str) -> None:
    """Measures one contender.

    Args:
        contender: One of `outcome.CONTENDERS`.
        data: `Data` and both `JobSize`s as JSON.
        result: File for `Facts` as JSON.
    """
    _run(contender)
    given = json.loads(data)
    found = measure(
        contender, Data(**given["data"]), JobSize(**given["size"]), JobSize(**given["small"])
    )
    Path(result).write_text(json.dumps(dataclasses.asdict(found), indent=2) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
