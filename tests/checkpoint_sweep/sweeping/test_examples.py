"""The examples of `sweep`, `watch` and `plan_pruning`, run where such files are."""

import doctest
from collections.abc import Callable
from typing import Any

import pytest

from checkpoint_sweep import plan_pruning, sweep, watch
from tests.checkpoint_sweep.sweeping.conftest import Files, files_in
from tests.support.estimator_run import EstimatorRun


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
