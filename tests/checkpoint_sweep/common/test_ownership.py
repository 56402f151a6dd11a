"""Only what this library has made is removed, whatever it is called."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from checkpoint_sweep.common import ownership
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import replacing

_WHAT = "sweep 0001"


def _made(path: Path) -> Path:
    ownership.mark(str(path), _WHAT)
    (path / "file").write_text("x")
    return path


def _copied(path: Path) -> Path:
    shutil.copytree(_made(path.parent / "other"), path)
    (path / ownership.MARKER).write_text("sweep 0002")
    return path


def _linked(path: Path) -> Path:
    path.symlink_to(_made(path.parent / "other"))
    return path


def _plain(path: Path) -> Path:
    path.mkdir()
    (path / "file").write_text("x")
    return path


@pytest.mark.parametrize(
    ("make", "removed"), [(_made, True), (_copied, False), (_linked, False), (_plain, False)]
)
def test_only_a_marked_folder_is_removed(
    make: Callable[[Path], Path], removed: bool, tmp_path: Path
) -> None:
    folder = make(tmp_path / "0001")
    assert ownership.remove(str(folder), _WHAT) == removed
    assert (folder / "file").exists() != removed


def test_what_links_lead_to_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()
    folder = _made(tmp_path / "0001")
    (folder / "link").symlink_to(tmp_path / "mine")
    assert ownership.remove(str(folder), _WHAT)

    def fails() -> None:
        with replacing(tmp_path / "target") as scratch:
            shutil.copytree(tmp_path / "mine", scratch)
            Path(scratch, "link").symlink_to(tmp_path / "mine")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine/file").exists()


def test_a_folder_with_something_else_in_it_is_not_claimed(tmp_path: Path) -> None:
    refusal = UserError("no")
    ownership.claim(str(tmp_path / "new"), _WHAT, refusal)
    ownership.claim(str(tmp_path / "new"), _WHAT, refusal)
    with pytest.raises(UserError, match="no"):
        ownership.claim(str(tmp_path), _WHAT, refusal)
