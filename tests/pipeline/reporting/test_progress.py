import io
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.status import Status

import checkpoint_sweep
from checkpoint_sweep.common import text
from checkpoint_sweep.common.progress import Amount
from pipeline.problems.problem import repository
from pipeline.reporting import log_filters
from pipeline.reporting.progress import Progress, amount


def _record(message: str, *arguments: object, level: int = logging.INFO, path: str = "/x.py"):
    return logging.LogRecord("log", level, path, 1, message, arguments, None)


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), width=100)


def _shown(screen: Console, *records: logging.LogRecord) -> str:
    progress = Progress(screen)
    for record in records:
        progress.emit(record)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_a_node_is_announced_and_its_end_marked_with_its_time(screen: Console) -> None:
    running = _record("Component %s is running.", "Trainer")
    shown = _shown(screen, running, _record("Component %s is finished.", "Trainer"))
    assert "Trainer ..." in shown
    assert re.search(r"✓ Trainer \d+\.\d s", shown)


def test_a_node_from_cache_is_marked_as_cached(screen: Console) -> None:
    shown = _shown(
        screen,
        _record("Component %s is running.", "Trainer"),
        _record("A cached execution %d is used.", 4),
        _record("Component %s is finished.", "Trainer"),
    )
    assert "Trainer (cached)" in shown


def test_a_node_that_a_condition_skips_is_marked_as_skipped(screen: Console) -> None:
    shown = _shown(
        screen,
        _record("Component %s is running.", "Evaluator"),
        _record("Skipping execution for %s", "Evaluator"),
        _record("Component %s is finished.", "Evaluator"),
    )
    assert "– Evaluator (skipped)" in shown


@pytest.mark.parametrize(
    ("message", "whole", "every", "lines"),
    [
        pytest.param("saved the checkpoint of step %d of %d", 4000, 20, 21, id="training"),
        pytest.param("checkpoint %d of %d, step 7: auc = 1", 200, 1, 21, id="sweep"),
        pytest.param("checkpoint %d of %d, step 7: auc = 1", 5, 1, 5, id="few"),
    ],
)
def test_without_a_terminal_progress_is_at_most_twenty_lines(
    screen: Console, message: str, whole: int, every: int, lines: int
) -> None:
    records = [_record(message, done, whole) for done in range(every, whole + 1, every)]
    shown = _shown(screen, _record("Component %s is running.", "Trainer"), *records)
    assert shown.count(f" of {whole}") == lines
    assert f" {whole} of {whole}" in shown


def test_on_a_terminal_one_line_says_how_far_and_how_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    now = iter([0.0, 10.0, 12.0])
    monkeypatch.setattr("pipeline.reporting.progress.time.monotonic", lambda: next(now, 12.0))
    monkeypatch.setattr(Status, "start", lambda self: None)  # Its thread reads the clock too.
    progress = Progress(screen)
    progress.emit(_record("Component %s is running.", "Trainer"))
    said: list[str] = []
    for step in (0, 1000, 4000):
        progress.emit(_record("saved the checkpoint of step %d of %d", step, 4000))
        assert progress.line
        said.append(progress.line.what)
    progress.stop()
    assert said == [
        "0 of 4,000",
        "1,000 of 4,000, 500 a second, 6 s left",
        "4,000 of 4,000, exporting the model",
    ]


def test_the_running_line_says_which_node_it_is_and_for_how_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    now = iter([0.0])
    monkeypatch.setattr("pipeline.reporting.progress.time.monotonic", lambda: next(now, 488.0))
    monkeypatch.setattr(Status, "start", lambda self: None)
    progress = Progress(screen)
    progress.nodes = 10
    progress.emit(_record("Component %s is running.", "Transform"))
    assert progress.line
    assert str(progress.line.__rich__()) == "Transform (1 of 10) is running · 8 min 8 s"
    progress.stop()


def test_predictions_and_phases_update_the_running_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    now = iter([0.0, 10.0, 12.0])
    monkeypatch.setattr("pipeline.reporting.progress.time.monotonic", lambda: next(now, 12.0))
    monkeypatch.setattr(Status, "start", lambda self: None)  # Its thread reads the clock too.
    shown = Progress(screen)
    shown.emit(_record("Component %s is running.", "Evaluator"))
    said: list[str] = []
    for amount_done in (
        Amount(1, 500),
        Amount(1, 4000, True, 1000),
        Amount(1, 4000, True, 3000),
        Amount(1, 4000, True, 4000, phase="writing the report"),
    ):
        shown.evaluated(amount_done)
        assert shown.line
        said.append(shown.line.what)
    shown.stop()
    shown.evaluated(Amount(1, 4000, True, 4000))
    assert said == [
        "is running",
        "1,000 of 4,000 (predictions)",
        "3,000 of 4,000, 1,000 a second, 1 s left (predictions)",
        "writing the report",
    ]


def test_the_outcome_is_left_to_the_summary(screen: Console) -> None:
    assert _shown(screen, _record("%s: %s", "NOT BLESSED", "none is eligible")) == ""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0, 10, 0, 0.0), "0 of 10"),
        ((5, 10, 5, 10.0), "5 of 10, 0.5 a second, 10 s left"),
        ((1, 1001, 1, 1.0), "1 of 1,001, 1 a second, 16 min 40 s left"),
    ],
)
def test_an_amount_has_its_rate_and_the_time_left(
    arguments: tuple[int, int, int, float], text: str
) -> None:
    assert amount(*arguments) == text


def test_brackets_in_a_message_are_text(screen: Console) -> None:
    assert "shape [3, 4]" in _shown(screen, _record("shape [3, 4]"))


@pytest.mark.parametrize(
    ("record", "passes"),
    [
        pytest.param(
            _record("hello", path=log_filters.__file__), True, id="the application's message"
        ),
        pytest.param(_record("hello", path=text.__file__), True, id="the library's message"),
        pytest.param(_record("hello", path="/a/tfx/pipeline/b.py"), False, id="another's message"),
        pytest.param(
            _record("disk is full", level=logging.WARNING, path="/a/tfx/b.py"),
            True,
            id="a real warning",
        ),
        pytest.param(
            _record(
                "%s is deprecated and will be removed", "f", level=logging.WARNING, path="/a/tf.py"
            ),
            False,
            id="a deprecation",
        ),
        pytest.param(_record("boom", level=logging.ERROR, path="/a/tfx/b.py"), True, id="an error"),
    ],
)
def test_log_records_of_others_pass_only_as_real_warnings(
    record: logging.LogRecord, passes: bool
) -> None:
    handler = logging.Handler()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        log_filters.route_logs(handler, also=Progress.announces)
        assert bool(handler.filter(record)) is passes
    finally:
        root.handlers, root.level = before
        logging.captureWarnings(False)


_INSTALLED = """
import logging
from checkpoint_sweep.common import text
from pipeline.reporting import log_filters

handler = logging.Handler()
log_filters.route_logs(handler, also=lambda record: False)
for path in (text.__file__, text.__file__.replace("checkpoint_sweep", "another")):
    record = logging.LogRecord("log", logging.INFO, path, 1, "hello", (), None)
    print(path, bool(handler.filter(record)))
"""


def test_the_installed_library_counts_as_the_projects_own_code(tmp_path: Path) -> None:
    """Among packages that are not."""
    folder = tmp_path / "site-packages"
    shutil.copytree(Path(checkpoint_sweep.__file__).parent, folder / "checkpoint_sweep")
    done = subprocess.run(
        [sys.executable, "-c", _INSTALLED],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(repository())])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{folder}/checkpoint_sweep/common/text.py True",
        f"{folder}/another/common/text.py False",
    ]
