import uuid
from pathlib import Path

import pytest

from pipeline.local.leftovers import close_executions, remove_partials
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


def test_what_is_no_metadata_store_is_named(tmp_path: Path) -> None:
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
