import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import beam_args
from pipeline.local.lock import locked
from tests.pipeline import lacking
from tests.support import warm_pipeline


def test_help_lists_every_option() -> None:
    """In an interpreter of its own, as a user's."""
    command = [sys.executable, "-m", "pipeline", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0
    for option in (
        "--problem",
        "--root",
        "--data",
        "--steps",
        "--checkpoint-steps",
        "--beam-arg",
        "--engine",
        "--direction",
        "--average-last",
        "--average-weights",
        "--greedy-soup",
    ):
        assert option in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--data", "/nowhere"], "no *.csv file in /nowhere", id="data"),
        pytest.param(["--schema", "/nowhere.pbtxt"], "no schema at /nowhere.pbtxt", id="schema"),
        pytest.param(["--problem", "x"], "no problem 'x'; there are: taxi", id="problem"),
        pytest.param(["--steps", "10"], "Raise --steps or lower --checkpoint-steps", id="steps"),
        pytest.param(["--steps=0"], "Raise --steps or lower", id="no steps"),
        pytest.param(["--steps=-400"], "Raise --steps or lower", id="negative steps"),
        pytest.param(["--checkpoint-steps=0"], "Raise --steps or lower", id="no checkpoint steps"),
        pytest.param(["--steps=3000000000"], "more than 2147483647", id="more steps than TFX has"),
        pytest.param(["--engine=fusd"], "no engine 'fusd'; there are: fused, tfma", id="engine"),
        pytest.param(["--direction=up"], "Say --direction=higher or", id="direction"),
        pytest.param(["--average-last=1"], "--average-last=1 averages nothing", id="average"),
        pytest.param(["--average-weights=linear"], "of --average-last, which", id="no average"),
        pytest.param(["--data=/a[b]"], "because of the [ in it. Name another", id="[ in data"),
        pytest.param(["--root=/a*b"], "because of the * in it. Name another", id="* in root"),
        pytest.param(["--beam-arg=x"], "--beam-arg=x is not an option of Beam", id="Beam's option"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_loaded(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = lacking.run_unloaded("--root", str(tmp_path / "root"), *arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "root").exists()


def _refused(done: subprocess.CompletedProcess) -> str:
    """The error, one line, of a command that is refused; whatever else it printed is a failure."""
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"fare,tips\n", "has a header and no rows"),
        (b"fare,tips\n1,\xff\n", "line 2: byte 3 is not UTF-8"),
        (b"fare,tips\n1\n", "line 2: 1 values under a header of 2 columns"),
        (b"fare,tips\n1,\0\n", "line 2: a NUL byte"),
        (None, "is not a regular file"),
    ],
    ids=["empty", "header", "encoding", "ragged", "NUL", "FIFO"],
)
def test_bad_data_are_refused_before_anything_is_loaded(
    content: bytes | None, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "data.csv"
    if content is None:
        os.mkfifo(file)
    else:
        file.write_bytes(content)
    error = _refused(lacking.run_unloaded(f"--root={tmp_path}/root", f"--data={tmp_path}"))
    assert error.startswith(f"error {file}")
    assert message in error
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--select-by=acu"], "--select-by=acu: "),
        (["--select-by=precision"], "Add --direction=higher or --direction=lower"),
        (["--direction=lower"], "its change threshold says HIGHER_IS_BETTER"),
        (["--beam-arg=--nonsense=1"], "Beam has no option --nonsense"),
        (["--beam-arg=--direct_num_workers=x"], "Beam cannot use --direct_num_workers"),
    ],
)
def test_arguments_that_need_tensorflow_to_check_are_refused_before_the_first_node(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    """The summary stays that of the last run."""
    with locked(tmp_path):
        pass
    (tmp_path / "summary.json").write_text("{}")
    assert message in _refused(warm_pipeline.run("pipeline", f"--root={tmp_path}", *arguments))
    assert (tmp_path / "summary.json").read_text() == "{}"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".checkpoint-sweep",
        ".lock",
        "summary.json",
    ]


def test_an_unforeseen_error_is_a_sentence_a_log_and_a_summary(tmp_path: Path) -> None:
    data, root = tmp_path / "data", tmp_path / "root"
    data.mkdir()
    (data / "data.csv").write_text("fare\n1\n")
    done = lacking.run_without_tfx(f"--root={root}", f"--data={data}")
    (line,) = done.stderr.splitlines()
    (log,) = (root / "logs").iterdir()
    assert done.returncode == 1
    assert line.startswith("error The run failed before its first node: ModuleNotFoundError: ")
    assert line.endswith(f" The whole error is in {log}.")
    assert "Traceback" in log.read_text()
    summary = json.loads((root / "summary.json").read_text())
    assert (summary["state"], summary["reason"]) == ("failed", line.removeprefix("error "))


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
def test_the_local_runner_is_the_default_of_beams_options(
    given: list[str], expected: tuple[str, ...]
) -> None:
    assert beam_args(given) == expected


def test_a_root_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done = warm_pipeline.run("pipeline", f"--root={tmp_path}")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{tmp_path} is not empty, and was not made by a run" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
