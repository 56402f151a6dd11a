"""Bad input gets one clear error that names what is wrong."""

import dataclasses
import pathlib

import numpy as np
import pytest
from tensorflow.core.protobuf import saved_model_pb2

from checkpoint_sweep.evaluation.predict import FusedModels, SeparateModels
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel, SavedModelError
from tests.checkpoint_sweep.evaluation.predict import oracle, tf1_graphs
from tests.support.tensor_bundles import write_bundle

BOTH = pytest.mark.parametrize("load", [FusedModels, SeparateModels])


@pytest.fixture
def model(tmp_path: pathlib.Path) -> ModelSource:
    exported = str(tmp_path / "exported")
    tf1_graphs.export(tf1_graphs.reference_variables, exported)
    return oracle.write_variants(exported, str(tmp_path), 1)[0]


def _bundle(path: pathlib.Path, tensors: dict[str, np.ndarray]) -> str:
    write_bundle(str(path), tensors)
    return str(path)


@BOTH
def test_a_missing_signature_lists_those_present(load: type, model: ModelSource) -> None:
    with pytest.raises(ValueError, match=r"no signature 'nope'.*\['other', 'serving_default'\]"):
        load([model], "nope")


@BOTH
def test_an_output_that_its_node_does_not_have_is_named(load: type, model: ModelSource) -> None:
    path = pathlib.Path(model.saved_model.directory, "saved_model.pb")
    proto = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    outputs = proto.meta_graphs[0].signature_def["serving_default"].outputs
    for output in outputs.values():
        output.name = output.name.partition(":")[0] + ":7"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(SavedModelError, match=r"no tensor .*:7, which its signature 'serving_de"):
        load([model])


@BOTH
def test_missing_keys_name_the_bundle(
    load: type, model: ModelSource, tmp_path: pathlib.Path
) -> None:
    prefix = _bundle(tmp_path / "other", {"dense/bias": np.zeros(2, np.float32)})
    with pytest.raises(ValueError, match=r"variant-0.*/other\) lack 1 of the 2.*dense/kernel"):
        load([dataclasses.replace(model, weights=prefix)])


@BOTH
@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (np.zeros((3, 5), np.float32), r"dense/kernel: \(3, 5\), graph \(3, 2\)"),
        (np.zeros((3, 2), np.float64), "dense/kernel: float64, graph float32"),
    ],
)
def test_weights_that_do_not_fit_name_key_and_shapes(
    load: type, kernel: np.ndarray, message: str, model: ModelSource, tmp_path: pathlib.Path
) -> None:
    tensors = {"dense/bias": np.zeros(2, np.float32), "dense/kernel": kernel}
    other = dataclasses.replace(model, weights=_bundle(tmp_path / "other", tensors))
    with pytest.raises(ValueError, match=message):
        load([model, other])


@BOTH
def test_a_missing_bundle_is_named(load: type, model: ModelSource) -> None:
    with pytest.raises(FileNotFoundError, match=r"variant-0.*nowhere\.index"):
        load([dataclasses.replace(model, weights="nowhere")])


@BOTH
def test_a_missing_saved_model_is_refused(
    load: type, model: ModelSource, tmp_path: pathlib.Path
) -> None:
    with pytest.raises(FileNotFoundError, match="There is no saved_model"):
        load([dataclasses.replace(model, saved_model=SavedModel(str(tmp_path / "nowhere")))])


@BOTH
def test_a_missing_input_is_named(load: type, model: ModelSource) -> None:
    with pytest.raises(ValueError, match=r"\['x'\] were not given; there are \['z'\]"):
        load([model]).predict({"z": np.zeros(1)})


@BOTH
def test_no_models_are_refused(load: type) -> None:
    with pytest.raises(ValueError, match="no models"):
        load([])


def test_different_graphs_cannot_be_fused(model: ModelSource, tmp_path: pathlib.Path) -> None:
    other = str(tmp_path / "other")
    tf1_graphs.export(tf1_graphs.several_outputs, other)
    with pytest.raises(ValueError, match="different graphs or assets"):
        FusedModels([model, ModelSource.from_saved_model("other", other)])
