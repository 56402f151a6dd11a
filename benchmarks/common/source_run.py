"""The pipeline run that a benchmark takes its data and checkpoints from."""

import json
from pathlib import Path

from benchmarks.common.processes import run_module
from checkpoint_sweep.common.errors import UserError

_NEEDED = {"CsvExampleGen", "Transform", "Trainer"}
_DONE = {"complete", "cached"}


class SourceRunError(UserError):
    """A run cannot be used; the message says why."""


def is_finished(root: Path) -> bool:
    """Returns whether the last run in a root folder got through the nodes that are needed."""
    path = root / "summary.json"
    if not path.is_file():
        return False
    nodes = json.loads(path.read_text())["nodes"]
    return {node["name"] for node in nodes if node["state"] in _DONE} >= _NEEDED


def check(root: Path) -> None:
    """Refuses a root folder without a finished run.

    Raises:
        SourceRunError: it has none.
    """
    if not is_finished(root):
        raise SourceRunError(
            f"{root} holds no finished run of the pipeline. Name another folder by --run, or "
            "leave --run out: the benchmark then makes a run of its own."
        )


def make(root: Path, log: Path) -> None:
    """Runs the pipeline with its default settings.

    Raises:
        RunFailedError: it failed.
    """
    run_module("pipeline", [f"--root={root}"], log, "the pipeline")
