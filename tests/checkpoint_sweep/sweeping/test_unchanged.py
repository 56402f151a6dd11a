"""That nothing is new is told from files alone, and only where a sweep would say so."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from checkpoint_sweep import (
    Averages,
    Choice,
    Predictions,
    Selection,
    SweepOptions,
    sweep,
)
from checkpoint_sweep.common import log_replay
from checkpoint_sweep.common.files import write_json
from checkpoint_sweep.evaluation.results.ledger import Entry, EntryStatus, write_ledger
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping import inputs
from checkpoint_sweep.sweeping.unchanged import Recording, read_unchanged
from tests.checkpoint_sweep.report import fake_report
from tests.checkpoint_sweep.sweeping.conftest import Files

_EVALUATED = Entry("step-00000020", 20, "run/ckpt-20", EntryStatus.EVALUATED, key="k", results="r")
_COMMAND = """
import sys
from checkpoint_sweep.cli.main import main
try:
    main()
finally:
    heavy = {"tensorflow", "tensorflow_model_analysis", "apache_beam", "pandas"}
    print(sorted(heavy & sys.modules.keys()))
"""


def test_a_command_that_finds_nothing_new_imports_none_of_what_evaluates(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "absl")  # As the command.
    swept = sweep(**files.arguments())
    caplog.clear()
    assert sweep(**files.arguments()) == swept
    arguments = [
        *("sweep", str(files.run), f"--model={files.model}", f"--examples={files.examples}"),
        *(f"--config={files.config}", "--select=auc", f"--output={files.output}"),
    ]
    command = [sys.executable, "-c", _COMMAND, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stderr.splitlines() == caplog.messages
    assert caplog.messages[-2:] == [
        "reusing 4 earlier results, 0 to evaluate",
        f"Nothing is new: {swept.directory} stays as it is.",
    ]


@dataclasses.dataclass
class _Made:
    """A sweep that has ended, of files whose content is of no matter."""

    root: Path
    options: SweepOptions

    @property
    def output(self) -> str:
        """The folder of sweeps."""
        return str(self.root / "run-sweep")

    def given(self, **changes: object) -> tuple[list[str], list[str], SweepOptions]:
        """Runs, models and options."""
        options = dataclasses.replace(self.options, **changes)  # type: ignore[arg-type]
        return [str(self.root / "run")], [str(self.root / "export")], options

    def record(self, entry: Entry = _EVALUATED, modules: tuple[str, ...] = ()) -> None:
        """Ends a sweep."""
        with folders.locked(self.output), log_replay.recording() as logged:
            recording = Recording(*self.given(), self.output, logged)
            directory = folders.make_next(self.output)
            recording.note_checked(modules)
            write_ledger(directory, [entry])
            Path(directory, "report.html").touch()
            decision = fake_report.report().decision
            assert decision is not None
            write_json(os.path.join(directory, "verdicts.json"), decision.to_dict())
            recording.write(directory)

    def is_unchanged(self, **changes: object) -> bool:
        """Whether the next sweep is spared."""
        return read_unchanged(*self.given(**changes), self.output) is not None


@pytest.fixture
def made(tmp_path: Path) -> _Made:
    """What a sweep is made from."""
    for name in ("run/ckpt-20.index", "export/variables/v", "a/1.csv", "a/2.csv", "config"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"content")
    return _Made(tmp_path, SweepOptions(f"{tmp_path}/a/*.csv", f"{tmp_path}/config", "auc"))


def _keeps_times(path: Path) -> None:
    """Writes other bytes, as many as before, with the times of before."""
    before = path.stat()
    path.write_bytes(b"CONTENT")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda root: (root / "run" / "ckpt-40.index").touch(), id="a checkpoint more"),
        pytest.param(lambda root: (root / "run" / "ckpt-20.index").unlink(), id="one less"),
        pytest.param(lambda root: _keeps_times(root / "run/ckpt-20.index"), id="other weights"),
        pytest.param(lambda root: _keeps_times(root / "export/variables/v"), id="another export"),
        pytest.param(lambda root: (root / "export" / "1796" / "x").mkdir(parents=True) or
                     (root / "export" / "1796" / "saved_model.pb").touch(), id="a newer export"),
        pytest.param(lambda root: (root / "a" / "3.csv").touch(), id="examples more"),
        pytest.param(lambda root: _keeps_times(root / "a" / "1.csv"), id="other examples"),
        pytest.param(lambda root: _keeps_times(root / "config"), id="another config"),
        pytest.param(lambda root: (root / "config").unlink(), id="no config"),
        pytest.param(
            lambda root: (root / "run-sweep/0001/report.html").unlink(), id="no report"
        ),
        pytest.param(
            lambda root: (root / "run-sweep/0001/ledger.json").write_text("{}"), id="a ledger"
        ),
        pytest.param(
            lambda root: (root / "run-sweep/.made-from.json").write_text("{}"), id="a record"
        ),
        pytest.param(lambda root: folders.make_next(f"{root}/run-sweep"), id="an unfinished sweep"),
    ],
)  # fmt: skip
def test_a_change_of_any_file_is_for_a_sweep_to_judge(
    change: Callable[[Path], object], made: _Made
) -> None:
    made.record()
    assert made.is_unchanged()
    change(made.root)
    assert not made.is_unchanged()


def test_files_that_nobody_reads_may_change(made: _Made) -> None:
    made.record()
    (made.root / "a" / "notes.txt").touch()
    assert made.is_unchanged()


@pytest.mark.parametrize(
    "changes",
    [
        {"select": "loss"},
        {"select": Selection("auc", level=0.9)},
        {"examples": ["a/1.csv"]},
        {"batch_size": 10},
        {"averages": Averages(last=(2,))},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_other_options_are_for_a_sweep_to_judge(changes: dict, made: _Made) -> None:
    made.record()
    assert not made.is_unchanged(**changes)


def test_other_versions_are_for_a_sweep_to_judge(
    made: _Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.record()
    monkeypatch.setattr(inputs, "_versions", lambda: ["others"])
    assert not made.is_unchanged()


def test_other_code_of_a_metric_is_for_a_sweep_to_judge(
    made: _Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(made.root)
    (made.root / "own_metric.py").write_text("import own_formula")
    (made.root / "own_formula.py").write_text("value = 1")
    made.record(modules=("own_metric",))
    assert made.is_unchanged()
    (made.root / "own_formula.py").write_text("value = 2")
    assert not made.is_unchanged()
    (made.root / "own_metric.py").unlink()
    assert not made.is_unchanged()


@dataclasses.dataclass(frozen=True)
class _OwnPolicy:
    def choose(self, eligible: list, direction: object) -> Choice:
        return Choice(eligible[-1].name, "the latest", "not the latest")


@pytest.mark.parametrize(
    ("options", "entry"),
    [
        ({}, dataclasses.replace(_EVALUATED, status=EntryStatus.FAILED)),
        ({}, dataclasses.replace(_EVALUATED, status=EntryStatus.SKIPPED)),
        ({}, dataclasses.replace(_EVALUATED, key="")),
        ({"predictions": Predictions()}, _EVALUATED),
        ({"averages": Averages(greedy_soup=True)}, _EVALUATED),
        ({"select": Selection("auc", policy=_OwnPolicy())}, _EVALUATED),
        ({"examples": "gs://bucket/*.csv"}, _EVALUATED),
        ({"examples": "[ab]/*.csv"}, _EVALUATED),
    ],
)
def test_what_a_further_sweep_may_find_is_not_recorded(
    options: dict, entry: Entry, made: _Made
) -> None:
    made.options = dataclasses.replace(made.options, **options)
    made.record(entry)
    assert not made.is_unchanged()


def test_a_log_that_takes_more_is_told_by_a_sweep(
    made: _Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "absl")
    made.record()
    assert made.is_unchanged()
    caplog.set_level("INFO", "absl")
    assert not made.is_unchanged()
