import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import beam_args


def _run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_names_what_can_be_changed() -> None:
    done = _run("--help")
    assert done.returncode == 0
    for option in (
        "--problem",
        "--root",
        "--data",
        "--steps",
        "--checkpoint-steps",
        "--beam-arg",
        "--engine",
    ):
        assert option in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--data", "/nowhere"], "no *.csv file in /nowhere", id="data"),
        pytest.param(["--schema", "/nowhere.pbtxt"], "no schema at /nowhere.pbtxt", id="schema"),
        pytest.param(["--problem", "x"], "no problem 'x'; there are: taxi", id="problem"),
        pytest.param(["--steps", "10"], "Raise --steps or lower --checkpoint-steps", id="steps"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_loaded(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = _run("--root", str(tmp_path / "root"), *arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            ["--a=1"],
            ("--runner=FnApiRunner", "--sdk_container_image=none", "--a=1"),
            id="by default in memory, without packages for workers",
        ),
        pytest.param(["--runner=X", "--a=1"], ("--runner=X", "--a=1"), id="a runner is the user's"),
    ],
)
def test_options_of_beam(given: list[str], expected: tuple[str, ...]) -> None:
    assert beam_args(given) == expected
