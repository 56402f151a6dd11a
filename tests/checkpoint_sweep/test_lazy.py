"""What needs TFX says so where it is not installed; other errors are left alone."""

import importlib

import pytest

from checkpoint_sweep import _lazy


def _import(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr(importlib, "import_module", fail)
    _lazy.importer("checkpoint_sweep")("CheckpointSweep")


def test_what_needs_tfx_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"^CheckpointSweep needs TFX.* Python 3\.10"):
        _import(monkeypatch, "tfx")


def test_another_missing_module_is_named_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'pandas'$"):
        _import(monkeypatch, "pandas")
