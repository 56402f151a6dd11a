"""The console script with `tfx` out of reach, as where the library is installed without the extra.

python -m tests.support.console_script ARGUMENTS...
"""

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from checkpoint_sweep.cli.main import main
from tests.support import warm_pipeline
from tests.support.warm_processes import Parent

_REPOSITORY = Path(__file__).resolve().parents[2]
# What commands import when they run.
_LATER = (
    "tensorflow",
    "tensorflow_model_analysis",
    "checkpoint_sweep.sweeping.full_sweep",
    "checkpoint_sweep.sweeping.watch",
    "checkpoint_sweep.sweeping.compare",
    "checkpoint_sweep.sweeping.drafting.draft",
)


class Blocked:
    """An importer that finds no `tfx`."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] == "tfx":
            raise ImportError(name)


@functools.cache
def parent() -> Parent:
    """Gives the process that has imported what the commands import, and not `tfx`."""
    folder = warm_pipeline.folder() / "without-tfx"
    folder.mkdir(exist_ok=True)
    return Parent(folder, (__name__, *_LATER))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; forked from a process that has imported."""
    return warm_pipeline.run_module(parent(), __name__, arguments, {})


def run_cold(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, in an interpreter of its own."""
    command = [sys.executable, "-m", __name__, *arguments]
    path = os.pathsep.join([str(_REPOSITORY), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": path}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    assert "tfx" not in sys.modules
    sys.meta_path.insert(0, Blocked())
    main()
