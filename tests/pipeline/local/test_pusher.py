import json
from pathlib import Path

import pytest
from tfx.types import standard_artifacts
from tfx.utils import io_utils

from pipeline.local import pusher


def _model(folder: Path, weights: str = "1") -> Path:
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_text("graph")
    (folder / "variables/variables.index").write_text(weights)
    return folder


def _content(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def test_a_push_that_was_killed_before_it_was_recorded_is_found(tmp_path: Path) -> None:
    model, serving = _model(tmp_path / "model"), tmp_path / "serving"
    first = pusher.push(str(model), str(serving))
    assert _content(Path(first)) == _content(model)
    assert pusher.push(str(model), str(serving)) == first
    assert [str(folder) for folder in serving.iterdir()] == [first]


def test_another_model_is_a_newer_version_also_in_the_same_second(tmp_path: Path) -> None:
    one, two = _model(tmp_path / "one", "1"), _model(tmp_path / "two", "2")
    versions = [pusher.push(str(m), str(tmp_path / "serving")) for m in (one, two, one)]
    assert sorted(set(versions), key=lambda v: int(Path(v).name)) == versions
    assert [_content(Path(v)) for v in versions] == [_content(m) for m in (one, two, one)]


@pytest.mark.parametrize("lost", ["saved_model.pb", "variables/variables.index"])
def test_half_a_version_is_not_taken_for_the_model(lost: str, tmp_path: Path) -> None:
    model, serving = _model(tmp_path / "model"), tmp_path / "serving"
    (_model(serving / "7") / lost).unlink()
    version = Path(pusher.push(str(model), str(serving)))
    assert int(version.name) > 7
    assert _content(version) == _content(model)


def test_a_model_server_never_sees_half_a_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, serving, seen = _model(tmp_path / "model"), tmp_path / "serving", []
    copy = io_utils.copy_dir

    def copied(source: str, target: str) -> None:
        copy(source, target)
        seen.extend(folder.name for folder in serving.iterdir())
        raise OSError("No space left on device")

    monkeypatch.setattr(io_utils, "copy_dir", copied)
    with pytest.raises(OSError, match="No space"):
        pusher.push(str(model), str(serving))
    assert len(seen) == 1
    assert not seen[0].isdecimal()
    assert list(serving.iterdir()) == []


@pytest.mark.parametrize("blessed", [True, False])
def test_only_a_blessed_model_is_pushed(blessed: bool, tmp_path: Path) -> None:
    _model(tmp_path / "model/Format-Serving")
    model, blessing, pushed = (
        standard_artifacts.Model(),
        standard_artifacts.ModelBlessing(),
        standard_artifacts.PushedModel(),
    )
    model.uri, pushed.uri = str(tmp_path / "model"), str(tmp_path / "pushed")
    blessing.set_int_custom_property("blessed", int(blessed))
    directory = {"filesystem": {"base_directory": str(tmp_path / "serving")}}
    pusher.PusherExecutor().Do(
        {"model": [model], "model_blessing": [blessing]},
        {"pushed_model": [pushed]},
        {"push_destination": json.dumps(directory)},
    )
    assert pushed.get_int_custom_property("pushed") == blessed
    destination = pushed.get_string_custom_property("pushed_destination")
    assert (tmp_path / "serving").exists() == bool(destination) == blessed
    if blessed:
        expected = _content(tmp_path / "model/Format-Serving")
        assert _content(Path(destination)) == _content(tmp_path / "pushed") == expected
        assert pushed.get_string_custom_property("pushed_version") == Path(destination).name
