"""`ledger.json` says its version, and one without is of the first."""

import json
from pathlib import Path
from typing import Any

import pytest

from checkpoint_sweep.evaluation.results.ledger import (
    LEDGER,
    Entry,
    EntryStatus,
    read_ledger,
    write_ledger,
)

_ENTRIES = [
    Entry("step-1", 1, "run/ckpt-1", EntryStatus.EVALUATED, 0.5, key="k", results="d"),
    Entry("step-2", 2, "run/ckpt-2", EntryStatus.SKIPPED, reason="unreadable"),
]


@pytest.fixture
def content(tmp_path: Path) -> dict[str, Any]:
    write_ledger(str(tmp_path), _ENTRIES)
    return json.loads((tmp_path / LEDGER).read_text())


def test_a_ledger_is_read_as_it_was_written(content: dict[str, Any], tmp_path: Path) -> None:
    assert content["version"] == 2
    assert read_ledger(str(tmp_path)) == _ENTRIES


def test_a_ledger_without_a_version_is_of_version_1(
    content: dict[str, Any], tmp_path: Path
) -> None:
    del content["version"]
    content["checkpoints"][1]["status"] = "left out"  # Its word for skipped.
    (tmp_path / LEDGER).write_text(json.dumps(content))
    assert read_ledger(str(tmp_path)) == _ENTRIES


def test_a_ledger_of_another_version_is_refused(content: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / LEDGER).write_text(json.dumps(content | {"version": 3}))
    with pytest.raises(ValueError, match="is of version 3, not 2"):
        read_ledger(str(tmp_path))
