import re
import shutil
from pathlib import Path

import pytest

from checkpoint_sweep.model_run.checkpoints import CheckpointError
from checkpoint_sweep.sweeping.export import export_step
from tests.support.errors_document import BESIDE, documented, pattern
from tests.support.estimator_run import EstimatorRun

_DOCUMENTED = documented(BESIDE, "Exporting a checkpoint")


def _assert_refused(run: EstimatorRun, directory: Path, when: str) -> None:
    with pytest.raises(CheckpointError) as refused:
        export_step(str(run.model_run), str(run.export), 20, str(directory))
    assert re.fullmatch(pattern(_DOCUMENTED[when]), str(refused.value))


def test_a_damaged_checkpoint_is_not_exported(trained: EstimatorRun, tmp_path: Path) -> None:
    shutil.copytree(trained.model_run, tmp_path / "run")
    data = tmp_path / "run" / "model.ckpt-20.data-00000-of-00001"
    data.write_bytes(bytes(data.stat().st_size))
    run = EstimatorRun(trained.estimator, tmp_path / "run", trained.export)
    _assert_refused(run, tmp_path / "exported", "the checkpoint cannot be used")
    assert not (tmp_path / "exported").exists()


def test_no_folder_is_exported_over(trained: EstimatorRun, tmp_path: Path) -> None:
    _assert_refused(trained, tmp_path, "the folder for it is there")
