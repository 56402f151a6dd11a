"""A run that goes on is watched: no checkpoint is missed, none is evaluated twice."""

import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checkpoint_sweep import Averages, Racing, StepRange, SweepOptions
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping import run_watcher
from checkpoint_sweep.sweeping.export import export_step
from checkpoint_sweep.sweeping.run_watcher import RunWatcher
from checkpoint_sweep.sweeping.sweep import sweep
from checkpoint_sweep.sweeping.watch import Until, watch
from tests.checkpoint_sweep.sweeping.conftest import Files

STEPS = (0, 20, 40, 60)


def _files_of(run: Path, step: int) -> list[Path]:
    return sorted(run.glob(f"model.ckpt-{step}.*"), key=lambda p: p.suffix == ".index")


class Pins:
    """Tells when a step has been pinned."""

    def __init__(self, pin: Callable[[str, str, str | None], list[int]]) -> None:
        self._pin = pin
        self._steps: set[int] = set()
        self._changed = threading.Condition()

    def pin(self, run: str, pinned: str, step_from: str | None) -> list[int]:
        """Pins as `watch` does."""
        new = self._pin(run, pinned, step_from)
        with self._changed:
            self._steps.update(new)
            self._changed.notify_all()
        return new

    def wait_for(self, step: int) -> None:
        """Waits until the step has been pinned."""
        with self._changed:
            assert self._changed.wait_for(lambda: step in self._steps, timeout=600)


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Pins:
    pins = Pins(run_watcher.pin)
    monkeypatch.setattr(run_watcher, "pin", pins.pin)
    return pins


def _train(source: Path, run: Path, pins: Pins, ended: Path) -> None:
    """Leaves checkpoints one after the other, and deletes each as soon as the next is pinned."""
    run.mkdir()
    for number, step in enumerate(STEPS):
        for path in _files_of(source, step):
            shutil.copy(path, run / path.name)
        pins.wait_for(step)
        if number:
            for path in reversed(_files_of(run, STEPS[number - 1])):
                path.unlink()
    ended.touch()


def test_every_checkpoint_is_evaluated_once_and_the_choice_is_that_of_a_sweep(
    files: Files, tmp_path: Path, pins: Pins
) -> None:
    run, ended = tmp_path / "going on", tmp_path / "ended"
    results: list[SweepResult] = []
    training = threading.Thread(target=_train, args=(files.run, run, pins, ended))
    training.start()
    first = str(tmp_path / "first")
    export_step(str(files.run), str(files.model), 0, first)
    beside = "{run}/../first"  # By the folder of the run, as a sweep of several takes it.
    given = files.arguments(run=str(run), model=beside, output=str(tmp_path / "watched"))
    result = watch(**given, until=Until(file=str(ended)), every=0.2, on_result=results.append)
    training.join()
    assert [v.step for v in result.verdicts] == list(STEPS)
    assert result.chosen == sweep(**files.arguments()).chosen
    fresh: list[int] = []
    for evaluated in results[-1:]:
        ledger = json.loads((Path(evaluated.directory) / "ledger.json").read_text())
        fresh += [entry["step"] for entry in ledger["checkpoints"] if not entry["reused"]]
    assert len(results) > 1
    assert len(fresh) < len(STEPS)
    again = watch(**given, until=Until(seconds=0.0), every=0.2)
    assert again == result


def test_two_series_in_a_run_are_refused(files: Files) -> None:
    for path in _files_of(files.run, 60):
        shutil.copy(path, files.run / path.name.replace("model.ckpt-60", "other-60"))
    with pytest.raises(UserError, match="2 series of checkpoints"):
        watch(**files.arguments(), until=Until(seconds=60.0))


@pytest.mark.slow
def test_a_checkpoint_that_comes_and_goes_during_an_evaluation_is_pinned(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pins: Pins
) -> None:
    run = tmp_path / "going on"
    run.mkdir()
    for path in _files_of(files.run, 60):
        shutil.copy(path, run / path.name)

    def slow(pinned: str, *arguments: Any) -> SweepResult:
        for path in _files_of(files.run, 20):
            shutil.copy(path, run / path.name)
        pins.wait_for(20)
        for path in reversed(_files_of(run, 20)):
            path.unlink()
        monkeypatch.setattr(run_watcher, "sweep", sweep)
        return sweep(pinned, *arguments)

    monkeypatch.setattr(run_watcher, "sweep", slow)
    result = watch(**files.arguments(run=str(run)), until=Until(step=60), every=0.05)
    assert [v.step for v in result.verdicts] == [20, 60]


def test_a_checkpoint_that_comes_and_goes_between_two_polls_is_pinned(
    files: Files, tmp_path: Path, pins: Pins
) -> None:
    run, ended = tmp_path / "going on", tmp_path / "ended"
    training = threading.Thread(target=_train, args=(files.run, run, pins, ended))
    watcher = RunWatcher(**files.arguments(run=str(run)), every=60.0)
    waiting = threading.Thread(target=watcher.wait, daemon=True)
    waiting.start()
    training.start()
    training.join()
    pinned = files.output / "pinned"
    assert {path.stem for path in pinned.glob("*.index")} == {f"model.ckpt-{s}" for s in STEPS}


def test_a_second_watch_into_the_same_output_is_refused(files: Files) -> None:
    with (
        folders.locked(str(files.output), folders.WATCH),
        pytest.raises(UserError, match="Another watch is running in"),
    ):
        watch(**files.arguments(), until=Until(seconds=0.0))


def test_a_sweep_into_the_same_output_is_waited_for(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def busy_once(*arguments: Any) -> SweepResult:
        tried.append(1)
        if len(tried) > 1:
            return sweep(*arguments)
        with folders.locked(str(files.output)):
            return sweep(*arguments)

    monkeypatch.setattr(run_watcher, "sweep", busy_once)
    result = watch(**files.arguments(), until=Until(step=60), every=0.05)
    assert [v.step for v in result.verdicts] == list(STEPS)
    assert len(tried) == 2


@pytest.mark.slow
def test_two_watches_of_one_run_come_to_the_same(files: Files, tmp_path: Path) -> None:
    results: dict[str, SweepResult] = {}

    def look(name: str) -> None:
        given = files.arguments(output=str(tmp_path / name))
        results[name] = watch(**given, until=Until(step=60), every=0.05)

    threads = [threading.Thread(target=look, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results["one"].verdicts == results["other"].verdicts
    assert len(results["one"].verdicts) == len(STEPS)


@pytest.mark.slow
def test_the_checkpoint_that_was_exported_is_waited_for(
    files: Files, tmp_path: Path, pins: Pins
) -> None:
    run, ended = tmp_path / "going on", tmp_path / "ended"
    training = threading.Thread(target=_train, args=(files.run, run, pins, ended))
    training.start()
    result = watch(**files.arguments(run=str(run)), until=Until(step=60), every=0.2)
    training.join()
    assert [v.step for v in result.verdicts] == list(STEPS)


def test_a_watch_says_once_what_it_waits_for_and_leaves_nothing(
    files: Files, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for path in _files_of(files.run, STEPS[-1]):  # The export's.
        path.unlink()
    monkeypatch.setattr(run_watcher, "_LONGEST_SLEEP", 0.01)
    polls: list[int] = []
    poll = RunWatcher.poll

    def counted(watcher: RunWatcher) -> SweepResult | None:
        polls.append(1)
        return poll(watcher)

    monkeypatch.setattr(RunWatcher, "poll", counted)
    monkeypatch.setattr(time, "monotonic", lambda: len(polls))
    with pytest.raises(UserError, match="No checkpoint reproduces"):
        watch(**files.arguments(), until=Until(seconds=4.0), every=0.0)
    assert len(polls) > 2
    assert sum("Waiting for" in record.getMessage() for record in caplog.records) == 1
    assert folders.numbers(str(files.output)) == []


def test_a_watch_without_any_checkpoint_is_an_error(files: Files, tmp_path: Path) -> None:
    given = files.arguments(run=str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="No checkpoint has appeared"):
        watch(**given, until=Until(seconds=0.0), every=0.1)


@pytest.mark.slow
def test_checkpoints_before_the_step_range_are_waited_out(
    files: Files, tmp_path: Path, pins: Pins
) -> None:
    run, ended = tmp_path / "going on", tmp_path / "ended"
    results: list[SweepResult] = []
    training = threading.Thread(target=_train, args=(files.run, run, pins, ended))
    training.start()
    given = files.arguments(run=str(run), steps=StepRange(first=40))
    result = watch(**given, until=Until(step=60), every=0.1, on_result=results.append)
    training.join()
    assert [v.step for v in result.verdicts] == [40, 60]
    assert all(v.step >= 40 for r in results for v in r.verdicts)


def test_no_checkpoint_of_the_step_range_appeared(files: Files) -> None:
    given = files.arguments(steps=StepRange(first=61))
    with pytest.raises(UserError, match="No checkpoint has a step from 61 to the end"):
        watch(**given, until=Until(seconds=0.0), every=0.1)


def test_an_end_after_the_step_range_is_refused(files: Files) -> None:
    given = files.arguments(steps=StepRange(last=40))
    with pytest.raises(UserError, match="End at that step, or evaluate later ones"):
        watch(**given, until=Until(step=60))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "candidates"),
    [
        ({"averages": Averages(last=(2,))}, ["step-40", "step-60", "average-last-2"]),
        ({"racing": Racing()}, ["step-40", "step-60"]),
        ({"engine": "tfma"}, ["step-40", "step-60"]),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
def test_watch_takes_the_options_of_a_sweep(
    changes: dict[str, Any], candidates: list[str], files: Files
) -> None:
    given = files.arguments(steps=StepRange(first=40), **changes)
    result = watch(**given, until=Until(step=60), every=0.1)
    names = [v.name.replace("step-000000", "step-") for v in result.verdicts]
    assert sorted(names) == sorted(candidates)


def test_patience_asks_training_to_stop(files: Files) -> None:
    result = watch(**files.arguments(), until=Until(patience=1), every=0.1)
    assert [v.step for v in result.verdicts] == list(STEPS)
    assert (files.output / "stop").exists()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Until(patience=0), "The patience is 0; it must be at least 1"),
        (lambda: Until(patience=-1), "The patience is -1"),
        (lambda: Until(seconds=float("nan")), "seconds is nan; it must be a number, at least 0"),
        (lambda: Until(seconds=-1.0), "seconds is -1.0"),
        (lambda: watch("r", "m", SweepOptions("e", "c", "s"), every=float("nan")), "every is nan"),
    ],
)
def test_times_that_are_none_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        make()
