"""Runs of the pipeline that need not import, which takes seconds: forked from one that has."""

import functools
import subprocess
import tempfile
from pathlib import Path

from tests.support.warm_processes import Parent


@functools.cache
def parent() -> Parent:
    """One for all tests of a process."""
    return Parent(
        [
            "pipeline.__main__",
            "pipeline.checks.beam_options",
            "pipeline.checks.selection",
            "pipeline.local.run",
            "pipeline.reporting.summary_view",
            "tests.pipeline.tiny.model",
            "tests.support.counted_pipeline",
        ]
    )


def run(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a module to its end, as `python -m` does.

    Args:
        module: `pipeline`, or another whose imports it needs.
        arguments: of the command line.
        environment: variables to set.
    """
    with tempfile.TemporaryDirectory() as folder:
        output, error = Path(folder, "output"), Path(folder, "error")
        status = parent().start(module, arguments, environment, output, error).wait()
        printed = output.read_text(), error.read_text()
    return subprocess.CompletedProcess([module, *arguments], status, *printed)
