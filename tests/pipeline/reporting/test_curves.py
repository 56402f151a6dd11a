"""How TensorBoard names the curves of a root of runs."""

import subprocess
import sys
from pathlib import Path

from pipeline.reporting.curves import logdir_spec


def test_series_have_short_names_that_differ_at_their_beginning(tmp_path: Path) -> None:
    below = {
        "sweep-7": "CheckpointSweep/evaluation/7/tensorboard",
        "sweep-15": "CheckpointSweep/evaluation/15/tensorboard",
        "training-6": "Trainer/model_run/6",
    }
    for folder in below.values():
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "CheckpointSweep/evaluation/9").mkdir()

    named = dict(part.split(":") for part in logdir_spec(tmp_path).split(","))
    assert named == {name: str(tmp_path / folder) for name, folder in below.items()}


def test_a_root_without_curves_is_said_to_have_none(tmp_path: Path) -> None:
    assert logdir_spec(tmp_path) == ""
    command = [sys.executable, "-m", "pipeline.reporting.curves", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"There are no curves in {tmp_path} yet." in " ".join(done.stderr.split())
