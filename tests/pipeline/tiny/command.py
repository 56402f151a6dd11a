"""Starts the pipeline on the tiny problem as a user would, and tells what came of it."""

import contextlib
import dataclasses
import json
import os
import random
import shutil
import signal
import tempfile
import threading
from pathlib import Path
from typing import Any, TextIO

from tests.pipeline.tiny.__main__ import TOLD
from tests.support import warm_pipeline

_MODULE = "tests.pipeline.tiny"
_END = "(the process has ended)\n"


@dataclasses.dataclass(frozen=True)
class Ended:
    """A run that has ended.

    Attributes:
        status: exit status.
        shown: what was printed.
        error: what was printed as an error, the sentence alone.
        summary: summary.json, if there is one.
    """

    status: int
    shown: str
    error: str
    summary: dict[str, Any]

    @property
    def states(self) -> dict[str, str]:
        """The state of each node."""
        return {node["name"]: node["state"] for node in self.summary["nodes"]}


class Started:
    """A run that is going on, forked from a process that has imported what it needs.

    Attributes:
        pid: Of its process.
    """

    def __init__(self, root: Path, data: Path, *options: str, **environment: str) -> None:
        self._root = root
        self._folder = Path(tempfile.mkdtemp())
        output, self._error = self._folder / "output", self._folder / "error"
        os.mkfifo(output)
        self._process = warm_pipeline.parent().start(
            _MODULE,
            [*_options(root, data), *options],
            {TOLD: "1", **environment},
            output,
            self._error,
        )
        self.pid = self._process.pid
        self._output = output.open()
        self._shown = ""
        # What it has started may outlive it and hold the pipe: its own end is marked in there.
        threading.Thread(target=self._mark_end, args=[output.open("w")], daemon=True).start()

    def _mark_end(self, output: TextIO) -> None:
        self._process.wait()
        with contextlib.suppress(BrokenPipeError), output:
            output.write(f"\n{_END}")  # its last line may lack its end

    def wait_for(self, text: str) -> None:
        """Reads what is printed until a line has this in it."""
        for line in iter(self._output.readline, _END):
            self._shown += line
            if text in line:
                return
        raise AssertionError(f"{text!r} was not printed:\n{self.end().shown}")

    def stop_reading(self) -> None:
        """Closes the pipe that is printed to, as `head` does."""
        self._output.close()

    def end(self, number: int | None = None) -> Ended:
        """Waits for its end, after sending a signal if one is given."""
        if number is not None:
            os.kill(self.pid, number)
        if not self._output.closed:
            with self._output:
                self._shown += "".join(iter(self._output.readline, _END))
        status = self._process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        error = self._error.read_text()
        shutil.rmtree(self._folder)
        return _ended(self._root, status, self._shown, error)


def run(root: Path, data: Path, *options: str, **environment: str) -> Ended:
    """Runs to the end; forked from a process that has imported what it needs."""
    done = warm_pipeline.run(_MODULE, *_options(root, data), *options, **environment)
    return _ended(root, done.returncode, done.stdout, done.stderr)


def _options(root: Path, data: Path) -> list[str]:
    # Two checkpoints: enough to choose one.
    return [f"--root={root}", f"--data={data}", "--checkpoint-steps=20"]


def _ended(root: Path, status: int, shown: str, error: str) -> Ended:
    file = root / "summary.json"
    return Ended(
        status,
        shown + error,
        error.removeprefix("error ").removesuffix("\n"),
        json.loads(file.read_text()) if file.exists() else {},
    )


def write_data(folder: Path, rows: int = 600) -> Path:
    """Writes the data into the folder, which is returned."""
    numbers = random.Random(1)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "data.csv").open("w") as file:
        file.write("x,y\n")
        for _ in range(rows):
            x = numbers.gauss(0, 1)
            file.write(f"{x:.4f},{int(x + numbers.gauss(0, 0.3) > 0)}\n")
    return folder
