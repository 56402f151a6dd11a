"""The pipeline of `examples/tfx/`, run with the tutorial's arguments."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.problems.problem import repository
from tests.support import taxi_examples, warm_pipeline


@pytest.mark.slow
def test_the_pipeline_chooses_blesses_and_pushes(tmp_path: Path) -> None:
    for file in (repository() / "examples" / "tfx").glob("*.py"):
        shutil.copy(file, tmp_path)
    (tmp_path / "data").mkdir()
    taxi_examples.write_csv(tmp_path / "data" / "data.csv", 1000)
    output, error = tmp_path / "output", tmp_path / "error"
    arguments = ["data", str(tmp_path / "root"), "my_model"]
    started = warm_pipeline.parent().start(
        "my_pipeline", arguments, {"PYTHONPATH": str(tmp_path)}, output, error, cwd=tmp_path
    )
    assert started.wait() == 0, error.read_text()[-3000:]
    (file,) = (tmp_path / "root").glob("CheckpointSweep/blessing/*/verdicts.json")
    verdicts = json.loads(file.read_text())
    assert verdicts["blessed"]
    decision, report = output.read_text().splitlines()[-2:]
    assert decision == f"CheckpointSweep: BLESSED: {verdicts['reason']}"
    assert Path(report.removeprefix("Report: ")).is_file()
    assert [c["step"] for c in verdicts["checkpoints"]] == list(range(50, 401, 50))
    assert all(c["eligible"] for c in verdicts["checkpoints"])
    (pushed,) = (tmp_path / "root" / "serving").iterdir()
    assert (pushed / "saved_model.pb").is_file()
