"""A snapshot tells of every change, also in another process."""

import json
import os
from pathlib import Path

import pytest

from checkpoint_sweep.common.snapshot import Snapshot

_AT = 1_700_000_000_000_000_000  # ns


def _read_back(snapshot: Snapshot) -> Snapshot:
    return Snapshot.from_dict(json.loads(json.dumps(snapshot.to_dict())))


def test_files_that_stay_are_shown_also_when_one_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    paths = [str(tmp_path / "a"), str(tmp_path / "not there")]
    snapshot = _read_back(Snapshot.of(paths))
    assert snapshot.shows(reversed(paths))
    assert not snapshot.shows(paths[:1])
    (tmp_path / "not there").touch()
    assert not snapshot.shows(paths)


def test_a_file_that_is_written_twice_in_one_tick_is_told_by_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    stat = path.stat()
    same_tick = os.stat_result([*stat[:7], 1, 1, 1], {"st_mtime_ns": _AT, "st_ctime_ns": _AT})
    monkeypatch.setattr("os.stat", lambda path: same_tick)
    monkeypatch.setattr("time.time_ns", lambda: _AT + 1_000_000)
    snapshot = _read_back(Snapshot.of([str(path)]))
    assert snapshot.shows([str(path)])
    path.write_text("two")
    assert not snapshot.shows([str(path)])
