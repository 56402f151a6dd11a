"""What a race goes on from is read only if the race has written it."""

import pickle
from pathlib import Path

import pytest

from checkpoint_sweep.evaluation.data_errors import EvaluationError
from checkpoint_sweep.evaluation.fused.racing import partial as partial_lib
from checkpoint_sweep.evaluation.fused.racing.partial import FOLDS, WHOLE, Partial


class _Runs:
    def __reduce__(self) -> tuple:
        return Path.touch, (Path("called"),)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Partial:
    monkeypatch.chdir(tmp_path)
    partial = Partial(str(tmp_path), b"key")
    for name in (WHOLE, FOLDS):
        partial_lib.write((0, name), partial, name)  # type: ignore[arg-type]
    return partial


def test_what_was_written_is_read(written: Partial) -> None:
    assert partial_lib.read(written, WHOLE) == WHOLE
    assert b"key" not in Path(written.path(WHOLE)).read_bytes()


@pytest.mark.parametrize("signed", ["", "by another key", "under another name"])
def test_what_another_has_written_is_not_unpickled(signed: str, written: Partial) -> None:
    content = pickle.dumps(_Runs())
    key = b"other" if signed == "by another key" else written.key
    name = FOLDS if signed == "under another name" else WHOLE
    signature = Partial(written.directory, key).signature(name, content) if signed else b""
    Path(written.path(WHOLE)).write_bytes(signature + content)
    with pytest.raises(EvaluationError, match="was changed while the race went on"):
        partial_lib.read(written, WHOLE)
    assert not Path("called").exists()
