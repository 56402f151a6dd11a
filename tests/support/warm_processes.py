"""Starts processes from one that has imported what takes seconds, as `multiprocessing` can."""

import importlib
import json
import os
import queue
import runpy
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.problems.problem import repository


class Process:
    """A process of a session of its own; enough of `subprocess.Popen` to watch and kill it.

    Attributes:
        pid: of the process and of its group.
        returncode: as of `Popen`; None while it runs.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def poll(self) -> int | None:
        """The exit status, or minus the signal; None while it runs."""
        return self.returncode

    def wait(self) -> int:
        """Waits for the end."""
        self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def end(self, status: int) -> None:
        """Notes that it has ended."""
        self.returncode = os.waitstatus_to_exitcode(status)
        self._ended.set()


class Parent:
    """The process that the others are forked from.

    Args:
        modules: to import before.
    """

    def __init__(self, modules: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.support.warm_processes", *modules],
            cwd=repository(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answers: queue.Queue[str] = queue.Queue()
        self._child: Process | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def start(
        self, module: str, arguments: Sequence[str], environment: dict[str, str], output: Path
    ) -> Process:
        """Runs a module as `python -m` does; one at a time.

        Args:
            module: its name.
            arguments: of the command line.
            environment: variables to set.
            output: file for what it prints.
        """
        assert self._process.stdin is not None
        request = [module, list(arguments), environment, str(output)]
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        self._child = Process(int(self._answers.get()))
        return self._child

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            word, _, number = line.partition(" ")
            if word == "started":
                self._answers.put(number)
            elif word == "ended":
                while self._child is None or self._child.returncode is not None:
                    pass  # `start` is about to make it
                self._child.end(int(number))


def _run(module: str, arguments: list[str], environment: dict[str, str], output: str) -> Any:
    os.setsid()
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(file, number)
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _serve() -> None:
    for name in sys.argv[1:]:
        importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            return _run(*request)
        print("started", child, flush=True)
        print("ended", os.waitpid(child, 0)[1], flush=True)
    return None


if __name__ == "__main__":
    _serve()
