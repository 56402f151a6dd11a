"""The console script with `tfx` out of reach, as where the library is installed without the extra.

python -m tests.support.console_script ARGUMENTS...
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from checkpoint_sweep.cli.main import main
from tests.support import warm_pipeline

_REPOSITORY = Path(__file__).resolve().parents[2]


class Blocked:
    """An importer that finds no `tfx`."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] == "tfx":
            raise ImportError(name)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; forked from a process that has imported."""
    return warm_pipeline.run_module(warm_pipeline.without_tfx(), __name__, arguments, {})


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
