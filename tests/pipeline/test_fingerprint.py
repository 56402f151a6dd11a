import importlib
from pathlib import Path

import pytest

from pipeline.fingerprint import fingerprint


def test_it_changes_with_the_source_and_only_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)

    def of(text: str) -> str:
        (tmp_path / "a_model.py").write_text(text)
        importlib.invalidate_caches()
        return fingerprint(["a_model"])

    before = of("a = 1\n")
    assert of("a = 1\n") == before
    assert of("a = 2\n") != before
