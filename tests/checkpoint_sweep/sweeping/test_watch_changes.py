"""A watch goes on when something changes during an evaluation, as long as training goes on."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from checkpoint_sweep import SweepOptions
from checkpoint_sweep.evaluation.candidates.fingerprint import ChangedError
from checkpoint_sweep.sweeping.run_watcher import RunWatcher
from checkpoint_sweep.sweeping.watch import Until, watch


@pytest.fixture
def polled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[str]]:
    """Watches with polls that raise or return what is given; tells what was done."""

    def run(*polls: object, ends: int) -> list[str]:
        done: list[str] = []
        left = list(polls)

        def poll(watcher: RunWatcher) -> object:
            watcher.pending = False
            done.append("poll")
            found = left.pop(0)
            if len(left) <= ends:
                (tmp_path / "ended").touch()
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr(RunWatcher, "poll", poll)
        monkeypatch.setattr(RunWatcher, "wait", lambda watcher: done.append("wait"))
        monkeypatch.setattr(RunWatcher, "last_result", lambda watcher: done.append("last"))
        options = SweepOptions([], "config", "auc", output=str(tmp_path / "out"))  # type: ignore[arg-type]
        until = Until(file=str(tmp_path / "ended"))
        watch("run", "model", options, until=until, on_result=lambda result: done.append("result"))
        return done

    return run


def test_what_changes_during_an_evaluation_is_evaluated_again(
    polled: Callable[..., list[str]],
) -> None:
    result = SimpleNamespace(verdicts=(), chosen=None)
    done = polled(ChangedError("eval changed"), ChangedError("again"), result, None, ends=1)
    again = ["poll", "wait"]
    assert done == [*again, *again, "poll", "result", "wait", "poll", "last"]


def test_what_has_changed_once_training_has_ended_is_an_error(
    polled: Callable[..., list[str]],
) -> None:
    with pytest.raises(ChangedError, match="again"):
        polled(ChangedError("eval changed"), ChangedError("again"), ends=1)
