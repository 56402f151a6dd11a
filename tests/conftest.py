"""Fixtures that more than one package's tests use; each is made once a session."""

import gc
import os
import shlex
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if sys.version_info >= (3, 12):
    # `tf.keras` is Keras 2 in all tests; those of Keras 3 import `keras`, which is Keras 3 here.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import shutil
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import forked_interpreter, needs, warm_pipeline

# What imports TensorFlow is imported where it is used: the process that hands out tests needs none.
if TYPE_CHECKING:
    from tests.support.estimator_run import EstimatorRun
    from tests.support.pipeline_run import PipelineRun


@pytest.fixture(scope="session")
def examples() -> list[bytes]:
    """300 serialized taxi rows."""
    from tests.support import taxi_examples

    return taxi_examples.serialized(300)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, examples: list[bytes]) -> "EstimatorRun":
    """An Estimator's run with checkpoints of steps 0, 20, 40 and 60; do not write into it."""
    import tensorflow as tf

    from tests.support import estimator_run

    if not hasattr(tf, "estimator"):
        return estimator_run.frozen()
    return estimator_run.train_once(_of_all_processes(tmp_path_factory) / "trained", examples)


@pytest.fixture(scope="session")
def eval_model(tmp_path_factory: pytest.TempPathFactory, trained: "EstimatorRun") -> Path:
    """A SavedModel of the last step of `trained`, with the serving and the eval graph."""
    from tests.support import eval_exports

    return eval_exports.of_all_modes(trained.estimator, tmp_path_factory.mktemp("all_modes"))


@pytest.fixture(scope="session")
def other_seed(tmp_path_factory: pytest.TempPathFactory, examples: list[bytes]) -> "EstimatorRun":
    """A run as `trained`, with another seed; do not write into it."""
    from tests.support import estimator_run

    return estimator_run.train_once(
        _of_all_processes(tmp_path_factory) / "seed-2", examples, seed=2
    )


@pytest.fixture(scope="session")
def taxi_run(tmp_path_factory: pytest.TempPathFactory) -> "PipelineRun":
    """A first run of the pipeline, checkpoints of steps 100 to 400, for all; read what is `kept`.

    Others go on in its root: only `tests/pipeline/test_end_to_end.py`.
    """
    from tests.support import pipeline_run  # it imports TFX

    return pipeline_run.taxi(_of_all_processes(tmp_path_factory) / "taxi")


def _of_all_processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gives the folder that pytest-xdist's processes share, in which each has one of its own."""
    base: Path = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Takes one process more than there are cores.

    Tests wait for processes that they start, for browsers and for servers: a quarter of the time.
    """
    cores = yield
    return cores if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else cores + 1


def pytest_configure(config: pytest.Config) -> None:
    """Gives the session's processes one to fork from, and makes Beam quick where tests run."""
    runs_tests = "PYTEST_XDIST_WORKER" in os.environ or not config.getoption("numprocesses", None)
    warm_pipeline.folder()
    if not runs_tests and needs.whole():
        interpreter = shlex.join(forked_interpreter.command(warm_pipeline.parent().address))
        config.option.tx = [f"popen//python={interpreter}"] * len(config.option.tx)
    if runs_tests:
        # Nothing of what is imported is garbage, and the search for it walks through all of it.
        gc.disable()
        # Else each process compiles all modules of tests anew where PYTHONDONTWRITEBYTECODE is set.
        sys.dont_write_bytecode = False
        from tests.support import quick_beam

        quick_beam.use()


def pytest_collection_finish() -> None:
    """Makes TFMA quick, and searches for garbage from here on, only in what the tests make."""
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
    if "tensorflow_model_analysis" in sys.modules:
        from tests.support import quick_tfma

        quick_tfma.use()
    if "checkpoint_sweep.evaluation.fused.loading" in sys.modules:
        from tests.support import quick_release

        quick_release.use()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Skips a file of tests that imports what this Python has not."""
    report = yield
    call: Any = getattr(report, "call", None)
    if report.failed and call is not None and (lacks := needs.lacking(call.excinfo.value)):
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 0, f"Skipped: it needs {lacks}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[pytest.TestReport]:
    """Skips a test that needs what this Python has not."""
    report = yield
    if report.failed and call.excinfo and (lacks := needs.lacking(call.excinfo.value)):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), 0, f"Skipped: it needs {lacks}")
    return report


def pytest_unconfigure() -> None:
    """Removes what the first process made."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(warm_pipeline.folder(), ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files with most slow tests first, so that no process waits for another's last.

    Further rows of a table count a tenth: a test that runs the pipeline takes longer than many.
    """
    slow: dict[Path, Counter[str]] = {}
    for item in items:
        rows = slow.setdefault(item.path, Counter())
        if item.get_closest_marker("slow") is not None:
            rows[item.name.partition("[")[0]] += 1
    weights = {path: len(rows) + rows.total() / 10 for path, rows in slow.items()}
    items.sort(key=lambda item: -weights[item.path])
