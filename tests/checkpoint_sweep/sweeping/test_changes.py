"""What is written again while a sweep goes on is neither kept as a result nor exported."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from checkpoint_sweep import sweep
from checkpoint_sweep.errors import ChangedError
from checkpoint_sweep.evaluation.fused import engine
from checkpoint_sweep.evaluation.results.ledger import Entry, read_ledger
from checkpoint_sweep.sweeping import run_sweep
from tests.checkpoint_sweep.sweeping.conftest import Files

Change = Callable[[Files], None]


def _other_weights(files: Files) -> None:
    """Step 40 gets the weights of step 20, as a training that was started anew would write."""
    for old in files.run.glob("model.ckpt-20.*"):
        _replace(files.run / old.name.replace("-20.", "-40."), old.read_bytes())


def _other_weights_of_all(files: Files) -> None:
    """Each step gets the weights of the step before, and the first those of the last."""
    steps = sorted(files.run.glob("model.ckpt-*.index"), key=lambda path: int(path.stem[11:]))
    weights = [
        {old.suffix: old.read_bytes() for old in files.run.glob(f"{index.stem}.*")}
        for index in steps
    ]
    for index, others in zip(steps, [weights[-1], *weights[:-1]], strict=True):
        for suffix, content in others.items():
            _replace(index.with_suffix(suffix), content)


def _other_graph(files: Files) -> None:
    graph = files.model / "saved_model.pb"
    _replace(graph, graph.read_bytes() + b"\x9a\x06\x00")  # An unknown field: it still loads.


def _other_examples(files: Files) -> None:
    _replace(files.examples, files.examples.read_bytes() * 2)


def _same_bytes(files: Files) -> None:
    for path in (files.examples, files.model / "saved_model.pb", *files.run.iterdir()):
        if path.is_file():
            _replace(path, path.read_bytes())


def _replace(path: Path, content: bytes) -> None:
    scratch = path.with_name("scratch")
    scratch.write_bytes(content)
    os.replace(scratch, path)


def _once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, before: Callable) -> None:
    """Does something before the first call of a function."""
    function = getattr(owner, name)
    left = [before]

    def wrapped(*args: object, **kwargs: object) -> object:
        if left:
            left.pop()()
        return function(*args, **kwargs)

    monkeypatch.setattr(owner, name, wrapped)


@pytest.fixture
def during(monkeypatch: pytest.MonkeyPatch, files: Files) -> Callable[[Change], None]:
    """Makes a change when the first group has been evaluated and is not yet recorded."""
    return lambda change: _once(monkeypatch, engine, "release", lambda: change(files))


@pytest.fixture
def before_export(monkeypatch: pytest.MonkeyPatch, files: Files) -> Callable[[Change], None]:
    """Makes a change when all is evaluated and nothing exported."""
    return lambda change: _once(monkeypatch, run_sweep, "choose", lambda: change(files))


def _entries(files: Files) -> list[Entry]:
    return [e for path in files.output.glob("*/ledger.json") for e in read_ledger(str(path.parent))]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(_other_examples, "eval.tfrecord", id="the examples"),
        pytest.param(_other_graph, "saved_model.pb", id="the graph"),
    ],
)
def test_nothing_is_recorded_when_the_evaluation_changes(
    change: Change, words: str, files: Files, during: Callable[[Change], None]
) -> None:
    during(change)
    with pytest.raises(ChangedError, match=rf"{words} changed during .* not recorded"):
        sweep(**files.arguments())
    assert not _entries(files)


def test_a_checkpoint_that_is_written_again_is_evaluated_again(
    files: Files, during: Callable[[Change], None]
) -> None:
    during(_other_weights)
    first = {v.step: v for v in sweep(**files.arguments()).verdicts}
    assert "written again while they were evaluated" in str(first[40].reason)
    second = {v.step: v for v in sweep(**files.arguments()).verdicts}
    assert second[40].value == second[20].value == first[20].value
    keys = {entry.step: entry.key for entry in _entries(files)}
    assert keys[40] == keys[20]


def test_files_that_are_written_with_the_same_bytes_are_no_change(
    files: Files, during: Callable[[Change], None]
) -> None:
    during(_same_bytes)
    assert sweep(**files.arguments()).model is not None
    assert all(entry.key for entry in _entries(files))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(_other_graph, "graph or an asset", id="the graph"),
        pytest.param(_other_weights_of_all, "weights of step-", id="the weights"),
        pytest.param(lambda files: shutil.rmtree(files.model), "deleted", id="all of the model"),
    ],
)
def test_what_was_not_evaluated_is_not_exported(
    change: Change, words: str, files: Files, before_export: Callable[[Change], None]
) -> None:
    before_export(change)
    with pytest.raises(ChangedError, match=words):
        sweep(**files.arguments())
    assert not list(files.output.glob("*/model*"))
