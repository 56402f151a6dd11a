import shutil
from pathlib import Path

import pytest
from tfx.orchestration.portable.input_resolution.exceptions import SkipSignal
from tfx.types import standard_artifacts

from pipeline.local.unpushed import NotThePushed
from pipeline.reporting.pushes import Push, last_push
from tests.pipeline.recorded import Recorded, State


def _model(number: int) -> dict[str, list]:
    artifact = standard_artifacts.Model()
    artifact.id = number
    return {"model": [artifact]}


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """A store with two models."""
    made = Recorded(tmp_path / "metadata.sqlite")
    assert [made.artifact("Model"), made.artifact("Model")] == [1, 2]
    return made


def _push(recorded: Recorded, model: int, name: str, pushed: int = 1) -> Path:
    """A Pusher's execution; `pushed` is 0 where the blessing said no."""
    destination = recorded.path.parent / "serving" / name
    noted: dict[str, str | int] = {"pushed": pushed}
    if pushed:
        destination.mkdir(parents=True)
        (destination / "saved_model.pb").touch()
        noted["pushed_destination"] = str(destination)
    artifact = recorded.artifact("PushedModel", **noted)
    inputs, outputs = {"model": model}, {"pushed_model": artifact}
    recorded.execution("Pusher", State.COMPLETE, "before", inputs, outputs)
    # An execution from cache has the same output, whatever its input.
    recorded.execution("Pusher", State.CACHED, "now", {"model": 2}, outputs)
    return destination


def test_the_model_that_was_pushed_last_is_skipped(recorded: Recorded) -> None:
    destination = _push(recorded, 1, "7")
    assert last_push(recorded.store) == Push(1, str(destination))
    with pytest.raises(SkipSignal, match=str(destination)):
        NotThePushed().resolve_artifacts(recorded.store.mlmd, _model(1))


def test_another_model_is_not_skipped(recorded: Recorded) -> None:
    _push(recorded, 1, "7")
    given = _model(2)
    assert NotThePushed().resolve_artifacts(recorded.store.mlmd, given) == given


def test_a_model_that_was_pushed_before_the_last_is_not_skipped(recorded: Recorded) -> None:
    _push(recorded, 1, "7")
    _push(recorded, 2, "8")
    given = _model(1)
    assert NotThePushed().resolve_artifacts(recorded.store.mlmd, given) == given


def test_a_pushed_model_that_was_removed_is_not_skipped(recorded: Recorded) -> None:
    shutil.rmtree(_push(recorded, 1, "7"))
    given = _model(1)
    assert NotThePushed().resolve_artifacts(recorded.store.mlmd, given) == given


def test_a_push_without_a_blessing_does_not_count(recorded: Recorded) -> None:
    _push(recorded, 1, "7", pushed=0)
    assert last_push(recorded.store) is None
    given = _model(1)
    assert NotThePushed().resolve_artifacts(recorded.store.mlmd, given) == given
