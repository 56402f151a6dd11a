"""What of an exported model cannot be used is said at once, and why."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from checkpoint_sweep.common.error_messages import find_refusal
from checkpoint_sweep.evaluation.preflight.weights import check_weights
from checkpoint_sweep.model_run.exported_model import ExportedModel, ExportedModelError
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel


@pytest.mark.parametrize(
    ("folder", "read"),
    [
        ("", lambda folder: SavedModel(folder).signatures),
        ("variables", lambda folder: ExportedModel(SavedModel(folder))),
        ("variables", lambda folder: check_weights(ModelSource.from_saved_model("base", folder))),
    ],
    ids=["model", "variables", "variables of the baseline"],
)
def test_a_folder_that_may_not_be_read_is_called_so_and_not_empty(
    folder: str, read: Callable[[str], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "variables").mkdir()
    closed = str(tmp_path / folder)
    monkeypatch.setattr(os, "access", lambda path, mode: str(path).rstrip("/") != closed)
    with pytest.raises(PermissionError) as caught:
        read(str(tmp_path))
    assert str(find_refusal(caught.value)).startswith(f"{closed} may not be read or written: ")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("/proc/self", "assets/link is a link out of the exported model, to /proc/"),
        ("..", "assets/link is a link within the exported model"),
        ("/etc/passwd", r"to /etc/passwd, and would be exported\. Put the file itself there"),
    ],
    ids=["kernel", "circle", "file"],
)
def test_links_of_assets_are_refused_and_not_followed(
    target: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/link").symlink_to(target)
    with pytest.raises(ExportedModelError, match=words):
        ExportedModel(SavedModel(str(tmp_path)))
