"""Runs that need not import, which takes seconds: forked from a process that has."""

import functools
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.warm_processes import Parent

# Environment variable: folder by which the processes of one test session share a parent.
FOLDER = "CHECKPOINT_SWEEP_TESTS_FORKS"
# What the commands of the library import.
_LIBRARY = (
    "tests.support.console_script",
    "tensorflow",
    "tensorflow_model_analysis",
    "checkpoint_sweep.sweeping.full_sweep",
    "checkpoint_sweep.sweeping.watch",
    "checkpoint_sweep.sweeping.compare",
    "checkpoint_sweep.sweeping.drafting.draft",
)
# What the other commands of the tests import.
_MODULES = (
    "keras.api._v1.keras.__internal__.legacy.layers",
    "pipeline.__main__",
    "pipeline.checks.beam_options",
    "pipeline.checks.selection",
    "pipeline.local.run",
    "pipeline.reporting.summary_view",
    "tests.pipeline.tiny.model",
    "tests.support.logged_pipeline",
    "tests.support.logged_command",
    "tests.support.logged_sweep",
    "tf_slim.nets.resnet_v2",
    "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor",
)


@functools.cache
def parent() -> Parent:
    """Gives the one for all tests of a session; it is forked from the one without TFX."""
    return Parent(folder(), _MODULES, of=without_tfx())


@functools.cache
def without_tfx() -> Parent:
    """Gives the process that has imported what the library's commands import, and not `tfx`."""
    without = folder() / "without-tfx"
    without.mkdir(exist_ok=True)
    return Parent(without, _LIBRARY)


def folder() -> Path:
    """Gives the folder that stands for it, which a session's first process makes."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="checkpoint-sweep-tests-")
    return Path(os.environ[FOLDER])


def run(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a module to its end, as `python -m` does.

    Args:
        module: Name of the module: `pipeline`, or another whose imports the parent has.
        arguments: Arguments of the command line.
        environment: Variables to set.
    """
    return run_module(parent(), module, arguments, environment)


def run_module(
    parent: Parent,
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    scrubbed: bool = False,
    read: str = "",
) -> subprocess.CompletedProcess[str]:
    """Runs a module to its end, forked from a process; see `run`.

    Args:
        parent: Process to fork from.
        module: Name of the module.
        arguments: Arguments of the command line.
        environment: Variables to set.
        scrubbed: Whether it has these variables only.
        read: Its input.
    """
    with tempfile.TemporaryDirectory() as scratch:
        given, output, error = (Path(scratch, name) for name in ("input", "output", "error"))
        command = [module, *arguments]
        if read:
            given.write_text(read)
            command = ["tests.support.with_input", str(given), *command]
        started = parent.start(command[0], command[1:], environment, output, error, scrubbed)
        status = started.wait()
        printed = output.read_text(), error.read_text()
    return subprocess.CompletedProcess([module, *arguments], status, *printed)
