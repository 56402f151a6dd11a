"""Processes, their logs and their failures; where the data come from."""

import json

import pytest
from typer.testing import CliRunner

from benchmarks.common import processes, source_run
from benchmarks.engine import runner
from benchmarks.engine.__main__ import app
from benchmarks.engine.cases import Case


def test_a_failed_case_names_itself_and_its_log(tmp_path):
    # The process starts, and fails before the imports of a contender, which take seconds.
    task = runner.MeasurementTask(Case("guess", 10, 2), 1)
    with pytest.raises(processes.RunFailedError) as caught:
        runner.measure(task, tmp_path / "no data", tmp_path / "logs")
    log = tmp_path / "logs" / "guess-10-2-1.log"
    assert "guess on 10 examples with 2 checkpoints: exit status 1" in str(caught.value)
    assert str(log) in str(caught.value)
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize(
    ("states", "finished"),
    [
        ({"CsvExampleGen": "complete", "Transform": "cached", "Trainer": "complete"}, True),
        ({"CsvExampleGen": "complete", "Transform": "complete", "Trainer": "failed"}, False),
        ({"CsvExampleGen": "complete"}, False),
        (None, False),
    ],
)
def test_only_a_finished_run_is_used(states, finished, tmp_path):
    if states is not None:
        nodes = [{"name": name, "state": state} for name, state in states.items()]
        (tmp_path / "summary.json").write_text(json.dumps({"nodes": nodes}))
    assert source_run.is_finished(tmp_path) is finished


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--only", "guess"], 2, "There is no way 'guess'"),
        (["--run", "/nowhere"], 1, "no finished run"),
    ],
)
def test_wrong_arguments_are_refused(arguments, status, words, tmp_path):
    result = CliRunner().invoke(app(), [*arguments, "--out", str(tmp_path)])
    assert result.exit_code == status
    assert words in " ".join(result.stderr.split())
