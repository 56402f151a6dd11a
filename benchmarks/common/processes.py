"""Runs modules of this project, each in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.common.folders import REPOSITORY
from checkpoint_sweep.common.errors import UserError

# Far above what any case takes; a process that hangs must not hold up the others for ever.
_LIMIT_SECONDS = 1200


class RunFailedError(UserError):
    """A process of the benchmark failed; the message names it and its log."""


def run_module(
    module: str,
    arguments: list[str],
    log: Path,
    described: str,
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Runs a module of this project by `python -m`, all its output in a log.

    Args:
        module: Name of the module.
        arguments: Arguments of its command line.
        log: File for its output.
        described: Name of the process in errors.
        python: Interpreter.
        environment: Environment variables to set, besides those of this process.

    Raises:
        RunFailedError: the process failed or took too long.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        try:
            done = subprocess.run(
                [python, "-m", module, *arguments],
                cwd=REPOSITORY,
                env=os.environ | dict(environment or {}),
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
