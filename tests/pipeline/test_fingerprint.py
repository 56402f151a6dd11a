import importlib.util
from pathlib import Path
from types import ModuleType

from pipeline.fingerprint import fingerprint


def _module(path: Path, text: str) -> ModuleType:
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    return importlib.util.module_from_spec(spec)


def test_it_changes_with_the_source_and_only_with_it(tmp_path: Path) -> None:
    module = _module(tmp_path / "model.py", "a = 1\n")
    before = fingerprint([module])
    assert fingerprint([_module(tmp_path / "model.py", "a = 1\n")]) == before
    assert fingerprint([_module(tmp_path / "model.py", "a = 2\n")]) != before
