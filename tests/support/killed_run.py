"""A run of the pipeline that is watched from outside, and killed at a given moment."""

import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.problems.problem import repository
from tests.pipeline.tiny.model import BETTER
from tests.pipeline.tiny.problem import PREPROCESSING_FN
from tests.support.eager_nodes import BEAMS_OWN
from tests.support.evaluation_log import LOG
from tests.support.logged_pipeline import BUDGET
from tests.support.warm_processes import Parent, Process

START = "start"  # The time before the first node,
END = "end"  # and that after the last.
_ANNOUNCED = re.compile(r"^(\w+) \.\.\.(?: \(\d+ of \d+\))?$|^✓ Pusher")
_OPTIONS = ("--steps=60", "--select-by=binary_crossentropy", "--direction=lower")
_MODULE = "tests.support.logged_pipeline"
_TWO_MODELS = "32"  # bytes: three groups of the six checkpoints


@dataclasses.dataclass(frozen=True)
class Moment:
    """A moment to kill at.

    Attributes:
        node: Node that runs, or `START` before the first.
        seconds: Seconds after the node was announced.
        files: Number of files and folders that have appeared since then; 0 to go by seconds.
    """

    node: str
    seconds: float = 0.0
    files: int = 0

    def __str__(self) -> str:
        when = f"file {self.files}" if self.files else f"{self.seconds:.2f} s"
        return f"{self.node}, {when}"


@dataclasses.dataclass
class Span:
    """The time that a node took, and the number of files and folders that it made."""

    seconds: float = 0.0
    files: int = 0


class Run:
    """One process group.

    Args:
        root: Root of the pipeline.
        data: Folder of the tiny problem's data.
        record: File for the log of what the sweep evaluates.
        parent: Process to fork from, which saves the seconds of imports; None for a new
            interpreter.
        on_beam: Whether TFX's nodes run on Beam's own runner in a fork too, rather than step by
            step, which makes other files.

    Attributes:
        node: Node that it was at when last seen.
    """

    def __init__(
        self,
        root: Path,
        data: Path,
        record: Path,
        parent: Parent | None = None,
        on_beam: bool = True,
    ) -> None:
        self.node = START
        self._root = root
        self._entered = time.monotonic()
        self._printed = record.with_name("printed")
        self._printed.write_bytes(b"")  # of the run before
        environment = {
            "PYTHONUNBUFFERED": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            BUDGET: _TWO_MODELS,
            LOG: str(record),
            BETTER: "0.01",  # than the baseline: nothing is better than itself
            PREPROCESSING_FN: "tests.pipeline.tiny.model.preprocessing_fn",
        }
        arguments = [f"--root={root}", f"--data={data}", *_OPTIONS]
        arguments += [BEAMS_OWN] if on_beam else []
        self._process: Process | subprocess.Popen[bytes]
        if parent:
            self._process = parent.start(_MODULE, arguments, environment, self._printed)
            return
        with self._printed.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", _MODULE, *arguments],
                cwd=repository(),
                env=os.environ | environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> list[str]:
        """Lines that it has printed so far."""
        return self._printed.read_text().splitlines()

    def kill_at(self, moment: Moment) -> bool:
        """Waits for the moment, and kills the whole group; False if the run ended before."""
        known: set[str] | None = None
        for entered in self._watch():
            past = moment.node in [START, *_announced(self.output)][:-1]
            if self.node != moment.node and not past:
                continue
            if moment.files:
                now = below(self._root)
                known = now if known is None else known
                due = len(now - known) >= moment.files
            else:
                due = time.monotonic() - entered >= moment.seconds
            if due or past:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                killed = self._process.wait() == -signal.SIGKILL
                self._see()
                return killed
        return False

    def end(self) -> int:
        """Waits for the end, and returns the exit status."""
        return self._process.wait()

    def measure(self, snapshot: Callable[[str], None]) -> dict[str, Span]:
        """Waits for the end, and measures the span of each node.

        Args:
            snapshot: Called with a node's name when it begins; the run stands still meanwhile.
        """
        spans: dict[str, Span] = {}
        known: set[str] = set()
        node = ""
        for entered in self._watch():
            if self.node != node:
                os.killpg(self._process.pid, signal.SIGSTOP)
                try:
                    there = below(self._root)
                    if node:
                        spans[node].files = len(there - known)
                    node, known = self.node, there
                    snapshot(node)
                finally:
                    os.killpg(self._process.pid, signal.SIGCONT)
                spans[node] = Span()
            spans[node].seconds = time.monotonic() - entered
        spans[node].files = len(below(self._root) - known)
        return spans

    def _watch(self) -> Iterator[float]:
        """Yields, until the run ends, when the current node was seen to begin."""
        while self._process.poll() is None:
            self._see()
            yield self._entered
            time.sleep(0.004)

    def _see(self) -> None:
        found = _announced(self.output)
        if found and found[-1] != self.node:
            self.node, self._entered = found[-1], time.monotonic()


def _announced(output: list[str]) -> list[str]:
    return [match[1] or END for line in output if (match := _ANNOUNCED.match(line))]


def below(root: Path) -> set[str]:
    """Finds all files and folders below a folder."""
    return {
        os.path.join(folder, name)
        for folder, folders, files in os.walk(root)
        for name in (*folders, *files)
    }


def restore(source: Path | None, root: Path) -> None:
    """Makes the root a copy of the source, or removes it without one."""
    shutil.rmtree(root, ignore_errors=True)
    if source:
        shutil.copytree(source, root, symlinks=True)
