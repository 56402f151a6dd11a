"""Which files patterns of examples stand for."""

from pathlib import Path

import pytest

from checkpoint_sweep.sweeping.example_files import open_files
from tests.support import tfrecords


@pytest.mark.parametrize("name", ["e[1]", "e*", "e?", "a\nb", "a\\b"], ids=ascii)
@pytest.mark.parametrize("pattern", ["", "/eval-*", "/eval-1"])
def test_what_is_there_under_a_name_is_literal(name: str, pattern: str, tmp_path: Path) -> None:
    for folder in (name, "e1"):
        (tmp_path / folder).mkdir()
        tfrecords.write(tmp_path / folder / "eval-1", [folder.encode()])
    source = open_files([f"{tmp_path / name}{pattern}"], "eval", None, str(tmp_path / "tables"))
    assert sum(source.counts()) == 1
