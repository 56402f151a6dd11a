"""A SavedModel is read once in a process, and nobody changes what was read."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.saved_model import loader_impl

from checkpoint_sweep.evaluation.fused.loading import release
from checkpoint_sweep.evaluation.predict import graph_split, serving_graph
from checkpoint_sweep.saved_model.parsed_features import parsed_features
from checkpoint_sweep.saved_model.restored_variables import served_graph
from checkpoint_sweep.saved_model.saved_model import SavedModel, SavedModelError
from checkpoint_sweep.saved_model.signature_variables import signature_variables
from tests.support import passthrough_model


@pytest.fixture
def model(tmp_path: Path) -> SavedModel:
    return passthrough_model.write_model(tmp_path / "model").saved_model


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The directories whose proto was parsed."""
    found: list[str] = []
    parse = loader_impl.parse_saved_model

    def recorded(directory: str) -> Any:
        found.append(directory)
        return parse(directory)

    monkeypatch.setattr(loader_impl, "parse_saved_model", recorded)
    return found


def test_a_saved_model_is_read_only_when_asked_for(tmp_path: Path) -> None:
    nowhere = SavedModel(str(tmp_path))
    assert not nowhere.exists()
    with pytest.raises(SavedModelError, match=r"There is no saved_model\.pb"):
        _ = nowhere.signatures


def test_a_saved_model_that_appears_later_is_found(tmp_path: Path) -> None:
    model = SavedModel(str(tmp_path / "model"))
    with pytest.raises(SavedModelError):
        _ = model.default_signature
    passthrough_model.write_model(tmp_path / "model")
    assert model.default_signature == "serving_default"


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(lambda model: model, id="itself"),
        pytest.param(lambda model: model.absolute(), id="its absolute path"),
        pytest.param(lambda model: pickle.loads(pickle.dumps(model)), id="a pickled copy"),
    ],
)
def test_copies_share_what_was_read(
    copy: Callable[[SavedModel], SavedModel], model: SavedModel, parsed: list[str]
) -> None:
    assert list(model.signatures) == ["serving_default"]
    other = copy(model)
    assert other == model
    assert other.default_signature == "serving_default"
    assert other.meta_graph is model.meta_graph
    assert parsed == [model.directory]


def test_a_pickled_copy_is_small_and_reads_again_where_the_first_is_not(
    model: SavedModel, parsed: list[str]
) -> None:
    first = SavedModel(model.directory)
    _ = first.signatures
    content = pickle.dumps(first)
    assert len(content) < 1000
    del first
    release()  # As in a process that has read nothing.
    assert list(pickle.loads(content).signatures) == ["serving_default"]
    assert parsed == [model.directory] * 2


def _take_apart(model: SavedModel) -> None:
    graph_split.take_apart(serving_graph.read(model, "serving_default"))


@pytest.mark.parametrize("use", [signature_variables, served_graph, parsed_features, _take_apart])
def test_the_graph_stays_as_it_was_read(
    use: Callable[[SavedModel], Any], model: SavedModel
) -> None:
    before = model.meta_graph.SerializeToString(deterministic=True)
    use(model)
    assert model.meta_graph.SerializeToString(deterministic=True) == before


def test_saved_models_of_one_directory_are_equal(model: SavedModel, tmp_path: Path) -> None:
    assert {model, SavedModel(model.directory)} == {model}
    assert model != SavedModel(str(tmp_path / "other"))


def test_a_fingerprint_tells_graphs_apart(model: SavedModel, tmp_path: Path) -> None:
    same = passthrough_model.write_model(tmp_path / "again").saved_model
    other = passthrough_model.write_model(tmp_path / "wider", width=2).saved_model
    assert model.fingerprint != other.fingerprint
    assert len({model.fingerprint, SavedModel(model.directory).fingerprint}) == 1
    assert same.directory != model.directory


def _recursive(directory: Path) -> str:
    saved = saved_model_pb2.SavedModel()
    function = saved.meta_graphs.add().graph_def.library.function.add()
    function.signature.name = "f"
    function.node_def.add(name="again", op="f")
    (directory / "saved_model.pb").write_bytes(saved.SerializeToString())
    return "its function f calls itself"


def _pipe(directory: Path) -> str:
    os.mkfifo(directory / "saved_model.pb")
    return "is not a regular file"


def _vocabulary(directory: Path) -> str:
    saved = saved_model_pb2.SavedModel()
    saved.meta_graphs.add()
    (directory / "saved_model.pb").write_bytes(saved.SerializeToString())
    (directory / "assets").mkdir()
    os.mkfifo(directory / "assets" / "words.txt")
    return "words.txt is not a regular file"


@pytest.mark.parametrize("damage", [_recursive, _pipe, _vocabulary])
def test_what_would_be_read_for_ever_is_refused(
    damage: Callable[[Path], str], tmp_path: Path
) -> None:
    message = damage(tmp_path)
    with pytest.raises(SavedModelError, match=message):
        _ = SavedModel(str(tmp_path)).signatures
