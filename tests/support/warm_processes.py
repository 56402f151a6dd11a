"""Starts processes from one that has imported what takes seconds, as `multiprocessing` can."""

import importlib
import json
import os
import queue
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

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
        self._started: queue.Queue[Process] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        environment: dict[str, str],
        output: Path,
        error: Path | None = None,
    ) -> Process:
        """Runs a module as `python -m` does, beside those that it has started before.

        Args:
            module: its name.
            arguments: of the command line.
            environment: variables to set.
            output: file for what it prints.
            error: file for what it prints as errors; by default the same.
        """
        assert self._process.stdin is not None
        request = [module, list(arguments), environment, [str(output), str(error or output)]]
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._started.get()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        children: dict[str, Process] = {}
        for line in self._process.stdout:
            word, pid, *status = line.split()
            if word == "started":
                children[pid] = Process(int(pid))
                self._started.put(children[pid])
            else:
                children.pop(pid).end(int(status[0]))


def _run(module: str, arguments: list[str], environment: dict[str, str], files: list[str]) -> None:
    os.setsid()
    # A test may itself have been started to ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output, error = files
    os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(1 if error == output else os.open(error, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _say(*words: object) -> None:
    # One write: threads say something too, and no lock may be held when a process is forked.
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def _report(child: int) -> None:
    _say("ended", child, os.waitpid(child, 0)[1])


def _serve() -> None:
    for name in sys.argv[1:]:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            return _run(*json.loads(line))
        _say("started", child)
        threading.Thread(target=_report, args=[child], daemon=True).start()
    return None


if __name__ == "__main__":
    _serve()
