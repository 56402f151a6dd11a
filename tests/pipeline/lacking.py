"""The pipeline's command line where packages cannot be imported, to see what does without them.

python -m tests.pipeline.lacking PACKAGE,... ARGUMENTS...
"""

import functools
import runpy
import subprocess
import sys

from tests.support import warm_pipeline
from tests.support.warm_processes import Parent

# What takes seconds to import.
_SLOW = ("apache_beam", "pandas", "tensorflow", "tensorflow_model_analysis", "tfx")


@functools.cache
def _unloaded() -> Parent:
    folder = warm_pipeline.folder() / "unloaded"
    folder.mkdir(exist_ok=True)
    return Parent(folder, ("pipeline.__main__",))


def run_unloaded(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command where nothing can be imported that takes seconds."""
    words = [",".join(_SLOW), *arguments]
    return warm_pipeline.run_module(_unloaded(), __name__, words, {})


def run_without_tfx(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command where only `tfx` cannot be imported."""
    return warm_pipeline.run_module(warm_pipeline.without_tfx(), __name__, ["tfx", *arguments], {})


if __name__ == "__main__":
    for package in sys.argv.pop(1).split(","):
        assert package not in sys.modules
        sys.modules[package] = None  # type: ignore[assignment] # to import it is an error
    runpy.run_module("pipeline", run_name="__main__", alter_sys=True)
