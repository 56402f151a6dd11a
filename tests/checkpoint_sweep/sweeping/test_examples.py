"""The examples in the docstrings of `sweep` and `watch`, run where such files are."""

import doctest
from collections.abc import Callable
from typing import Any

import pytest

from checkpoint_sweep.sweeping.sweep import sweep
from checkpoint_sweep.sweeping.watch import watch
from tests.checkpoint_sweep.sweeping.conftest import Files


@pytest.mark.parametrize("function", [sweep, watch])
def test_the_example_runs(
    function: Callable[..., Any], files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files.run.parent)
    (example,) = doctest.DocTestFinder(recurse=False).find(function, globs={})
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    outcome = runner.run(example)
    assert outcome.attempted >= 5
    assert outcome.failed == 0
