"""The examples of `sweep`, `watch` and `plan_pruning`, run where such files are."""

import doctest
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checkpoint_sweep import plan_pruning, sweep, watch
from tests.checkpoint_sweep.sweeping.conftest import Files, files_in
from tests.support.estimator_run import EstimatorRun

_EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def given(
    tmp_path_factory: pytest.TempPathFactory, trained: EstimatorRun, examples: list[bytes]
) -> Files:
    return files_in(tmp_path_factory.mktemp("examples"), trained, examples)


# In this order: each takes what those before have left.
@pytest.mark.parametrize("function", [sweep, watch, plan_pruning])
def test_the_example_runs(
    function: Callable[..., Any], given: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(given.run.parent)
    (example,) = doctest.DocTestFinder(recurse=False).find(function, globs={})
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    outcome = runner.run(example)
    assert outcome.attempted >= 4
    assert outcome.failed == 0


def test_the_example_of_the_documents_runs(given: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(given.run.parent)
    example = runpy.run_path(str(_EXAMPLES / "python" / "sweep_and_watch.py"))
    assert set(example["after_training"]()["step"]) <= {20, 40, 60}
    assert example["during_training"](last_step=60).verdicts[-1].step == 60
