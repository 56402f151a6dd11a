"""Measures a command from its start to its end, what it imports included."""

import dataclasses
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.common.processes import RunFailedError


@dataclasses.dataclass(frozen=True)
class Taken:
    """What a process took.

    Attributes:
        seconds: Wall time.
        cpu_seconds: CPU time of all threads, and of processes that it has waited for.
    """

    seconds: float
    cpu_seconds: float


def run(command: Sequence[str], folder: Path, log: Path) -> Taken:
    """Runs a command.

    Args:
        command: Program and its arguments.
        folder: Folder to run it in.
        log: File for its output.

    Raises:
        RunFailedError: the command failed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdout=file, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RunFailedError(
            f"{' '.join(command)}: exit status {process.returncode}; its log is {log}."
        )
    return Taken(seconds, used.ru_utime + used.ru_stime)
