"""`sweep` or `watch` in a process that is watched from outside, and killed at a given moment."""

import collections
import contextlib
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.evaluation_log import LOG
from tests.support.killed_run import Moment, Span, below
from tests.support.warm_processes import Parent

_MODULE = "tests.support.logged_command"
# What Linux says of a process that catches SIGTERM, number 15.
_CATCHES = re.compile(r"^SigCgt:\s*\w*[4-7c-f]\w{3}$", re.MULTILINE)


class Growing:
    """A model run that gets one checkpoint after the other, as a training leaves them.

    Args:
        source: Run with all checkpoints.
        run: Directory that grows.
        ended: File that is written after the last checkpoint.
        pause: Seconds from one checkpoint to the next.
    """

    def __init__(self, source: Path, run: Path, ended: Path, pause: float) -> None:
        indices = source.glob("model.ckpt-*.index")
        self._left = sorted(indices, key=lambda path: int(path.stem.rpartition("-")[2]))
        self._run, self._ended, self._pause = run, ended, pause
        self._last = 0.0
        run.mkdir()

    def tick(self) -> None:
        """Adds the next checkpoint, if it is time."""
        if time.monotonic() - self._last < self._pause or self._ended.exists():
            return
        self._last = time.monotonic()
        if not self._left:
            self._ended.touch()
            return
        index = self._left.pop(0)
        for path in sorted(index.parent.glob(f"{index.stem}.*"), key=lambda p: p == index):
            shutil.copy(path, self._run / path.name)


class SweepRun:
    """One process group.

    Args:
        parent: Process to fork from.
        arguments: Command and options of the console script.
        output: Folder of the results.
        record: File for the log of what it evaluates.
        growing: Run that it watches; None for a run that has ended.
    """

    def __init__(
        self,
        parent: Parent,
        arguments: Sequence[str],
        output: Path,
        record: Path,
        growing: Growing | None,
    ) -> None:
        self._output = output
        self._growing = growing
        self._printed = record.with_name("printed")
        self.logs = record.with_name("logs")
        self.logs.mkdir(exist_ok=True)
        self._known = below(self._output)
        self._started = time.monotonic()
        environment = {LOG: str(record), "TF_CPP_MIN_LOG_LEVEL": "3", "TMPDIR": str(self.logs)}
        self._process = parent.start(_MODULE, arguments, environment, self._printed)

    @property
    def output(self) -> list[str]:
        """Lines that it has printed so far."""
        return self._printed.read_text().splitlines()

    def interrupt_at(self, moment: Moment, number: signal.Signals) -> int | None:
        """Signals the whole group so many seconds after so many files.

        Returns:
            Exit status; None if it ended before.
        """
        due = time.monotonic() + moment.seconds
        for span in self._watch():
            if span.files < moment.files or not self._listens():
                due = time.monotonic() + moment.seconds
            elif time.monotonic() >= due:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
                return self._process.wait() or None
        return None

    def _listens(self) -> bool:
        """Tells whether it takes signals, as it does once Python has begun."""
        status = Path(f"/proc/{self._process.pid}/status")
        return status.exists() and _CATCHES.search(status.read_text()) is not None

    def end(self) -> tuple[int, Span]:
        """Waits for the end, and returns the exit status and the span."""
        spans = collections.deque(self._watch(), maxlen=1)
        return self._process.wait(), spans[0] if spans else Span()

    def _watch(self) -> Iterator[Span]:
        """Yields, until it ends, the span so far."""
        while self._process.poll() is None:
            if self._growing:
                self._growing.tick()
            made = len(below(self._output) - self._known)
            yield Span(time.monotonic() - self._started, made)
            time.sleep(0.004)


def ended_wrong(run: SweepRun, number: signal.Signals, status: int) -> Iterator[str]:
    """Which promises a run has broken that a signal has ended."""
    logs = list(run.logs.glob("checkpoint-sweep-*"))
    for log in logs:
        log.unlink()
    if number == signal.SIGKILL:
        return
    said = [line for line in run.output if line.startswith(("Error", "Interrupted"))]
    if status != 128 + number or said != ["Interrupted. Run the same command to resume."]:
        yield f"after {number.name}: status {status}, {run.output[-3:]}"
    if any("Traceback" in line for line in run.output):
        yield f"after {number.name}: a traceback is printed"
    if logs:
        yield f"after {number.name}: logs are left: {[log.name for log in logs]}"
