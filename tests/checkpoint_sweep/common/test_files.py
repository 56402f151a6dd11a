"""Folders are walked through to an end, whatever links are in them."""

import os
from pathlib import Path

import pytest

from checkpoint_sweep.common.files import check_access, copy_folder, walk


def _names(folder: Path) -> list[str]:
    return sorted(name for _, _, names in walk(str(folder)) for name in names)


@pytest.mark.parametrize("target", ["..", ".", "/proc/self", "/", "{parent}"])
def test_circles_and_the_kernels_folders_are_not_followed(target: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "file").touch()
    os.symlink(target.format(parent=tmp_path), folder / "below" / "link")
    assert _names(folder) == ["file"]


def test_a_link_to_another_folder_is_followed_once(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").touch()
    (tmp_path / "folder").mkdir()
    for name in ("first", "second"):
        os.symlink(tmp_path / "elsewhere", tmp_path / "folder" / name)
    os.symlink(tmp_path / "folder", tmp_path / "elsewhere" / "back")
    assert _names(tmp_path / "folder") == ["file"]


def test_there_is_nothing_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert list(walk(str(tmp_path / "nowhere"))) == []


def test_a_folder_that_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError):
        list(walk(str(tmp_path)))


@pytest.mark.parametrize("below", ["", "below", "below/it"])
def test_what_lies_in_a_folder_that_may_not_be_read_is_not_taken_for_gone(
    below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_access(str(tmp_path / below))
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(tmp_path))
    with pytest.raises(PermissionError) as caught:
        check_access(str(tmp_path / below))
    assert caught.value.filename == str(tmp_path)


def test_a_folder_is_copied_without_what_is_named(tmp_path: Path) -> None:
    for name in ("file", "omitted", "folder/omitted", "left/out"):
        (tmp_path / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / name).write_text(name)
    copy_folder(f"{tmp_path}/from/", f"{tmp_path}/to", omitted=("omitted", "left"))
    copied = {str(p.relative_to(tmp_path / "to")) for p in tmp_path.glob("to/**/*") if p.is_file()}
    assert copied == {"file", "folder/omitted"}
