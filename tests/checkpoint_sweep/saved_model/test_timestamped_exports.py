"""The folder of an Estimator's exports stands for the newest of them."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from checkpoint_sweep.saved_model.saved_model import SavedModelError
from checkpoint_sweep.saved_model.timestamped_exports import find_export
from tests.support.errors_document import BESIDE, documented, pattern


def _with_exports(folder: Path, names: Sequence[str]) -> str:
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "saved_model.pb").touch()
    return str(folder)


@pytest.mark.parametrize(
    ("names", "used"),
    [
        pytest.param(["."], ".", id="it is one itself"),
        pytest.param([".", "1796049672"], ".", id="it is one itself, and has others"),
        pytest.param(["1796049672"], "1796049672", id="one"),
        pytest.param(["999", "1796049672", "1796049600"], "1796049672", id="the newest of three"),
        pytest.param(["1796049672", "temp-1796049699"], "1796049672", id="one is being written"),
        pytest.param([], ".", id="none"),
    ],
)
def test_the_newest_is_used(names: list[str], used: str, tmp_path: Path) -> None:
    (tmp_path / "variables").mkdir()
    assert Path(find_export(_with_exports(tmp_path, names))) == tmp_path / used


def test_what_is_not_there_stands_for_itself(tmp_path: Path) -> None:
    assert find_export(str(tmp_path / "export")) == str(tmp_path / "export")


def test_of_other_names_one_has_to_be_named(tmp_path: Path) -> None:
    folder = _with_exports(tmp_path, ["best", "1796049672"])
    words = f"Name one of these, such as {folder}/1796049672 or {folder}/best."
    with pytest.raises(SavedModelError) as refused:
        find_export(folder)
    assert words in str(refused.value)
    (message,) = documented(BESIDE, "A folder of exports").values()
    assert re.fullmatch(pattern(message), str(refused.value))
