"""`python -m pipeline`, with one problem, the tiny one."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer

from pipeline import __main__ as command
from pipeline.checks import data_files
from pipeline.problems import registry

# Data files are not read before the run.
UNREAD = "TINY_UNREAD"
# Lines are printed when the root is locked, and when Beam begins, for a test to wait for.
TOLD = "TINY_TOLD"
LOCKED, BEAM, WORKER = "(the root is locked)", "(Beam begins)", "(a worker of Beam is started)"


def _tell() -> None:
    """Prints what a test waits for."""
    from apache_beam.runners.portability import local_job_service
    from apache_beam.runners.portability.fn_api_runner import fn_runner

    locked = command.locked

    @contextlib.contextmanager
    def locked_and_told(root: Path) -> Iterator[None]:
        with locked(root):
            print(LOCKED, flush=True)
            yield

    command.locked = locked_and_told
    for owner, name, line in (
        (fn_runner.FnApiRunner, "run_stages", BEAM),
        (local_job_service.SubprocessSdkWorker, "run", WORKER),
    ):
        setattr(owner, name, _after_telling(line, getattr(owner, name)))


def _after_telling(line: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def told(*args: Any, **kwargs: Any) -> Any:
        print(line, flush=True)
        return function(*args, **kwargs)

    return told


if __name__ == "__main__":
    if os.environ.get(TOLD):
        _tell()
    registry.definitions = lambda: {"tiny": "tests.pipeline.tiny.problem.tiny"}
    if os.environ.get(UNREAD):
        data_files._READ = 20  # noqa: SLF001 - as of a file that is too large to be read
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command.main)
    sys.exit(app(["--problem=tiny", *sys.argv[1:]]))
