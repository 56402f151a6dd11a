"""The console script: what it prints, and its exit status.

Over 300 lines, since all commands are run on one sweep.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from checkpoint_sweep import (
    Averages,
    Direction,
    Predictions,
    Racing,
    SecondaryMetric,
    Selection,
    SplitThreshold,
    StepRange,
    SweepOptions,
    ThresholdMode,
)
from checkpoint_sweep.cli.app import make_app
from checkpoint_sweep.cli.sweep_arguments import SweepArguments
from tests.checkpoint_sweep.sweeping.conftest import Files, files  # noqa: F401 - a fixture
from tests.support import console_script, warm_pipeline

_HERE = str(Path(__file__))
_SWEEP_OF_NOTHING = ["sweep", _HERE, f"--model={_HERE}", f"--examples={_HERE}"]
_SWEEP_OF_NOTHING += [f"--config={_HERE}", "--select=s"]
_AS_INSTALLED = """
import sys

sys.argv = ["checkpoint-sweep"]
from checkpoint_sweep.cli.main import main
main()
"""


def _sweep(files: Files, *more: str) -> subprocess.CompletedProcess[str]:  # noqa: F811
    return _evaluate("sweep", files, *more)


def _watch(files: Files, *more: str) -> subprocess.CompletedProcess[str]:  # noqa: F811
    return _evaluate("watch", files, *more)


def _evaluate(
    command: str,
    files: Files,  # noqa: F811
    *more: str,
    run: Callable[..., subprocess.CompletedProcess[str]] = console_script.run,
) -> subprocess.CompletedProcess[str]:
    return run(
        command,
        str(files.run),
        f"--model={files.model}",
        f"--examples={files.examples}",
        f"--config={files.config}",
        "--select=auc",
        f"--output={files.output}",
        *more,
    )


@pytest.mark.slow
def test_sweep_watch_show_and_export_work_together(files: Files, tmp_path: Path) -> None:  # noqa: F811
    swept = _evaluate("sweep", files, run=console_script.run_cold)
    assert swept.returncode == 0, swept.stderr
    assert "BLESSED: step" in swept.stdout
    assert "checkpoint 4 of 4, step 60: auc = " in swept.stderr
    assert "Traceback" not in swept.stderr
    again = _sweep(files, "--json")
    assert again.returncode == 0
    assert again.stderr == ""
    verdicts = json.loads(again.stdout)
    assert len(verdicts["checkpoints"]) == 4
    watched = _watch(files, "--json", "--seconds=0")
    assert watched.returncode == 0, watched.stderr
    assert watched.stderr == ""
    (update,) = map(json.loads, watched.stdout.splitlines())
    assert update["version"] == 1
    assert (update["checkpoints"], update["chosen"]) == (4, verdicts["chosen"])
    shown = console_script.run("show", str(files.output))
    assert shown.returncode == 0
    assert f"step {verdicts['checkpoints'][1]['step']}" in shown.stdout
    target = tmp_path / "exported"
    exported = console_script.run(
        "export",
        str(files.output),
        str(target),
        f"--run={files.run}",
        f"--model={files.model}",
        "--step=20",
    )
    assert exported.returncode == 0, exported.stderr
    assert (target / "saved_model.pb").exists()


@pytest.mark.slow
def test_a_sweep_without_an_eligible_checkpoint_exits_with_3(files: Files) -> None:  # noqa: F811
    files.config.write_text(files.config.read_text().replace("value: 0.1", "value: 1.1"))
    swept = _sweep(files, "--quiet")
    assert swept.returncode == 3, swept.stderr
    assert swept.stdout.startswith("NOT BLESSED: none of the 4 checkpoints passed; closest: step ")
    assert len(swept.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "/nowhere"], "There is no finished sweep in /nowhere"),
        (
            [
                "sweep",
                "r",
                "--model=m",
                "--examples=e",
                "--config=c",
                "--select=s",
                "--direction=up",
            ],
            "There is no direction 'up'",
        ),
        (
            [*_SWEEP_OF_NOTHING, "--beam-arg=--runner=NoSuch"],
            "Beam cannot use --beam-arg: Unexpected pipeline runner: NoSuch.",
        ),
        (
            [*_SWEEP_OF_NOTHING, "--beam-arg=--direct_num_workers=x"],
            "Beam cannot use --beam-arg: argument --direct_num_workers: invalid int value: 'x'.",
        ),
        (["sweep", "r"], "Error: Missing option '--model'. `"),
        (["sweep"], "Error: Missing argument 'run'. `"),
        (["swept"], "Error: No such command 'swept'"),
        (["show", "--no", "/nowhere"], "Error: No such option: --no"),
        (["show", "/nowhere", "--json", "--markdown"], "are two forms. Choose one"),
    ],
)
def test_bad_input_exits_with_2_and_one_sentence(arguments: list[str], words: str) -> None:
    done = console_script.run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_error_names_options_and_not_arguments_of_python(tmp_path: Path) -> None:
    (tmp_path / "model.ckpt.index").touch()
    done = console_script.run("export-graph", "math:sqrt", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.rstrip().endswith("tell where the step is in a name by --step-from.")


@pytest.mark.parametrize(
    "content",
    ["", "[", "[]", "{}", '{"checkpoints": 1}', "[" * 100_000, '{"checkpoints": []}', "\udcff"],
)
@pytest.mark.parametrize("command", ["show", "compare"])
def test_damaged_verdicts_are_a_sentence(command: str, content: str, tmp_path: Path) -> None:
    (tmp_path / "verdicts.json").write_text(content, errors="surrogateescape")
    folders = [str(tmp_path)] * (1 if command == "show" else 2)
    done = console_script.run(command, *folders)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{tmp_path}/verdicts.json is damaged" in done.stderr
    assert len(done.stderr.splitlines()) == 1


_STOPS = """
import tensorflow as tf
class Stop(BaseException): pass
tf.print("said by C++: --s3_secret_access_key=hidden")
raise Stop(0)
"""


def test_what_nobody_foresaw_is_a_sentence_and_a_log(
    files: Files,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "logs"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / "logs").mkdir()
    (tmp_path / "stops.py").write_text(_STOPS)
    metric = 'metrics_specs { metrics { class_name: "Mine" module: "stops" } }'
    files.config.write_text(files.config.read_text() + metric)
    done = _sweep(files, "--quiet")
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    words, _, log = done.stderr.strip().removesuffix(".").rpartition(" ")
    assert words == "Error: Stop: 0. The whole error is in"
    assert log.startswith(str(tmp_path / "logs"))
    text = Path(log).read_text()
    assert "Traceback" in text
    assert "said by C++: --s3_secret_access_key=***\n" in text
    assert "hidden" not in text.split("Traceback")[0]
    assert [str(path) for path in Path(log).parent.iterdir()] == [log]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "moment", ["at once", pytest.param("while it imports", marks=pytest.mark.slow)]
)
def test_a_signal_is_a_sentence_and_a_status(
    number: signal.Signals,
    moment: str,
    files: Files,  # noqa: F811
) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.support.console_script", *arguments]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A test may itself have been started to ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:
            _wait_for(moment, process)
            process.send_signal(number)
            out, error = process.communicate(timeout=600)
        return subprocess.CompletedProcess(command, process.returncode, out, error)

    _assert_interrupted(_evaluate("sweep", files, "--quiet", run=run), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_evaluates_is_a_sentence_and_a_status(
    number: signal.Signals,
    files: Files,  # noqa: F811
    tmp_path: Path,
) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        printed = tmp_path / "out", tmp_path / "error"
        name = console_script.__name__
        process = warm_pipeline.without_tfx().start(name, arguments, {}, *printed)
        while process.poll() is None and not list(files.output.glob("0001/*")):
            time.sleep(0.01)
        os.kill(process.pid, number)
        status = process.wait()
        return subprocess.CompletedProcess(name, status, *(path.read_text() for path in printed))

    _assert_interrupted(_evaluate("sweep", files, "--quiet", run=run), number)


def _assert_interrupted(done: subprocess.CompletedProcess[str], number: signal.Signals) -> None:
    assert done.returncode == 128 + number, done.stderr
    assert (len(done.stderr.splitlines()), done.stdout) == (1, "")
    assert done.stderr.startswith("Interrupted.")


def _wait_for(moment: str, process: subprocess.Popen[str]) -> None:
    """Waits until a process is where it is to be interrupted."""
    maps, status = (Path(f"/proc/{process.pid}/{name}") for name in ("maps", "status"))
    is_there = {
        # What Linux says of the signals that a process catches.
        "at once": lambda: re.search("SigCgt:.*[4-7c-f]...$", status.read_text(), re.MULTILINE),
        "while it imports": lambda: "libtensorflow" in maps.read_text(),
    }[moment]
    while process.poll() is None and not is_there():
        time.sleep(0.01)


@pytest.mark.parametrize(
    "command", ["", "init", "sweep", "watch", "show", "compare", "export", "predictions", "prune"]
)
@pytest.mark.parametrize("width", [80, 120])
def test_help_has_an_example_and_the_exit_status(command: str, width: int) -> None:
    shown = (
        CliRunner()
        .invoke(make_app(), [*command.split(), "--help"], env={"COLUMNS": str(width)})
        .output
    )
    assert f"checkpoint-sweep {command}" in shown
    assert "Exit status: 0" in shown
    assert all(len(line) <= width for line in shown.splitlines())


def _options(command: str) -> set[str]:
    found = get_command(make_app()).commands[command].params  # type: ignore[attr-defined]
    return {option.opts[0] for option in found}


def test_watch_has_every_option_of_sweep() -> None:
    assert _options("sweep") - _options("watch") == set()


def test_the_options_of_sweep_are_complete() -> None:
    assert _options("sweep") == {
        "run",
        "--model",
        "--examples",
        "--config",
        "--select",
        "--direction",
        "--slice",
        "--across",
        "--combine",
        "--choose",
        "--thresholds",
        "--level",
        "--output",
        "--schema",
        "--encoding",
        "--split",
        "--baseline",
        "--eval-model",
        "--first-step",
        "--last-step",
        "--stride",
        "--step-from",
        "--average-last",
        "--average-weights",
        "--greedy-soup",
        "--predictions",
        "--predictions-step",
        "--predictions-key",
        "--race",
        "--cluster-key",
        "--other-split",
        "--split-threshold",
        "--engine",
        "--batch-size",
        "--memory-budget",
        "--beam-arg",
        "--quiet",
        "--json",
    }


def test_arguments_become_options_of_the_library() -> None:
    given = SweepArguments(
        ["a", "b"],
        "config",
        "loss",
        direction="lower",
        on_slice=["payment_type=Cash"],
        choose="auc:higher",
        thresholds=ThresholdMode.CONFIDENT,
        level=0.9,
        encoding="latin-1",
        stride=2,
        step_from="x(.)",
        memory_budget=8,
        beam_arg=["--direct_num_workers=2"],
        output="out",
        schema="schema",
        split="test",
        baseline="base",
        eval_model="evaluated",
        first_step=1,
        last_step=9,
        average_last=[2, 3],
        average_weights=["cosine"],
        greedy_soup=True,
        race=True,
        predictions_step=[4],
        predictions_key="id",
        cluster_key="user_id",
        other_split=["train=a", "train=b", "drift"],
        split_threshold=["train: gap of auc <= 0.05"],
        batch_size=7,
    )
    assert given.to_options() == SweepOptions(
        ["a", "b"],
        "config",
        Selection(
            "loss",
            {"payment_type": "Cash"},
            Direction.LOWER_IS_BETTER,
            policy=SecondaryMetric("auc", Direction.HIGHER_IS_BETTER),
            level=0.9,
            threshold_mode=ThresholdMode.CONFIDENT,
        ),
        encoding="latin-1",
        step_from="x(.)",
        memory_budget=8,
        beam_args=["--runner=FnApiRunner", "--direct_num_workers=2"],
        output="out",
        schema="schema",
        split="test",
        baseline="base",
        eval_model="evaluated",
        steps=StepRange(1, 9, 2),
        averages=Averages((2, 3), greedy_soup=True, weights=("cosine",)),
        racing=Racing(),
        predictions=Predictions((4,), "id"),
        cluster_key="user_id",
        other_splits={"train": ["a", "b"], "drift": []},
        split_thresholds=[SplitThreshold("train", "auc", upper=0.05, of_gap=True)],
        batch_size=7,
    )


def test_a_shell_completes_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _AS_INSTALLED],
        env=os.environ
        | {
            "_CHECKPOINT_SWEEP_COMPLETE": "complete_bash",
            "COMP_WORDS": "checkpoint-sweep ex",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["export", "export-graph"]


def test_importing_the_command_line_imports_no_slow_library() -> None:
    modules = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, checkpoint_sweep.cli.main;"
            "print([m for m in ('tensorflow', 'apache_beam', 'pandas') if m in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert modules.stdout.strip() == "[]"
