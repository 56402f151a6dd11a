import uuid
from pathlib import Path

import pytest

from pipeline.local.leftovers import close_executions, remove_outputs, remove_partials
from pipeline.local.lock import RootError
from tests.pipeline.recorded import Recorded, State


def test_executions_of_a_killed_run_are_closed_and_no_others(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "metadata.sqlite")
    ended = [recorded.execution("A", s) for s in (State.COMPLETE, State.CACHED, State.FAILED)]
    left = [recorded.execution("B", s) for s in (State.RUNNING, State.NEW)]
    assert close_executions(recorded.path) == left
    assert [recorded.state(e) for e in left] == [State.CANCELED] * 2
    assert [recorded.state(e) for e in ended] == [State.COMPLETE, State.CACHED, State.FAILED]
    assert close_executions(recorded.path) == []


def test_before_the_first_run_there_is_nothing_to_close(tmp_path: Path) -> None:
    assert close_executions(tmp_path / "metadata.sqlite") == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_metadata_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "metadata.sqlite"
    path.write_text("no database" * 100)
    with pytest.raises(
        RootError, match=f"metadata store {path} cannot be opened: .*not a database"
    ):
        close_executions(path)


def test_half_written_files_and_folders_are_removed(tmp_path: Path) -> None:
    ending = f".partial-{uuid.uuid4().hex}"
    folder = tmp_path / "CheckpointSweep/model/7" / f"Format-Serving{ending}"
    (folder / "variables").mkdir(parents=True)
    file = tmp_path / f"summary.json{ending}"
    file.touch()
    kept = [tmp_path / "CheckpointSweep/model/7/notes.partial-draft", tmp_path / "x.partial-1.csv"]
    for path in kept:
        path.touch()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / f"link{ending}"
    link.symlink_to(elsewhere)
    assert sorted(remove_partials(tmp_path)) == sorted([folder, file, link])
    assert not folder.exists()
    assert not file.exists()
    assert all(path.exists() for path in (*kept, elsewhere))


def test_outputs_of_executions_that_did_not_end_are_removed(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "metadata.sqlite")
    nodes = ("Transform", "Trainer", "CheckpointSweep")
    killed = {node: recorded.execution(node, State.CANCELED) for node in nodes}
    ended = recorded.execution("Transform", State.COMPLETE)
    removed = [
        f"Transform/transform_graph/{killed['Transform']}/.temp_path/x",
        f"Transform/.system/executor_execution/{killed['Transform']}/x",
        f"Trainer/model/{killed['Trainer']}/Format-Serving/variables/x",
        f"Trainer/model_run/{killed['Trainer']}/model.ckpt-7_temp/part-0.tempstate123",
        f"Trainer/model_run/{killed['Trainer']}/checkpoint.tmp0123456789abcdef0123",
        f"CheckpointSweep/model/{killed['CheckpointSweep']}/x",
        f"CheckpointSweep/blessing/{killed['CheckpointSweep']}/x",
    ]
    kept = [
        f"Transform/transform_graph/{ended}/x",
        f"Transform/.system/executor_execution/{ended}/x",
        f"Trainer/model_run/{killed['Trainer']}/model.ckpt-6.index",
        f"CheckpointSweep/evaluation/{killed['CheckpointSweep']}/step-00000006/x",
        f"serving/{killed['Transform']}/x",
    ]
    for name in (*removed, *kept):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    remove_outputs(tmp_path, recorded.path)
    assert [name for name in removed if (tmp_path / name).exists()] == []
    assert [name for name in kept if not (tmp_path / name).exists()] == []
    assert remove_outputs(tmp_path, recorded.path) == []


def test_before_the_first_run_there_is_nothing_to_remove(tmp_path: Path) -> None:
    assert remove_outputs(tmp_path, tmp_path / "metadata.sqlite") == []
    assert list(tmp_path.iterdir()) == []
