"""Work that does not depend on weights is shared; work that does is not."""

import pathlib

import pytest

from checkpoint_sweep.evaluation.predict import serving_graph
from checkpoint_sweep.evaluation.predict.graph_split import take_apart
from checkpoint_sweep.saved_model import partition
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.checkpoint_sweep.evaluation.predict import tf1_graphs, tf2_models

CASES = {
    # model: (ops that must be shared, ops that must be copied)
    ("tf1", "vocabulary_asset"): (
        {"ParseExampleV2", "HashTableV2", "LookupTableFindV2", "InitializeTableFromTextFileV2"},
        {"VarHandleOp", "AssignVariableOp", "ResourceGather"},
    ),
    ("tf1", "map_fn_before_and_over_weights"): (
        {"TensorArrayScatterV3", "LoopCond"},
        {"VarHandleOp", "LoopCond"},
    ),
    ("tf1", "reference_variables"): ({"Placeholder"}, {"VariableV2", "Assign"}),
    ("tf1", "while_loop_over_weights"): ({"Placeholder"}, {"LoopCond", "MatMul", "Enter"}),
    ("tf1", "several_outputs"): ({"Placeholder", "Sqrt"}, {"Softmax", "AsString"}),
    ("tf2", "vocabulary_asset"): (
        {"ParseExampleV2", "HashTableV2", "LookupTableFindV2"},
        {"VarHandleOp", "ResourceGather"},
    ),
    ("tf2", "keras_with_preprocessing_in_the_signature"): (
        {"ParseExampleV2", "LookupTableFindV2"},
        {"VarHandleOp", "ResourceGather", "Softmax"},
    ),
    ("tf2", "control_flow_and_assignment"): ({"Placeholder"}, {"MatMul", "AssignVariableOp"}),
}


@pytest.mark.parametrize("case", sorted(CASES), ids="-".join)
def test_only_what_depends_on_weights_is_copied(
    case: tuple[str, str], tmp_path: pathlib.Path
) -> None:
    framework, name = case
    directory = str(tmp_path / "model")
    if framework == "tf1":
        tf1_graphs.export(tf1_graphs.GRAPHS[name], directory)
    else:
        tf2_models.MODELS[name](directory)
    serving = serving_graph.read(SavedModel(directory), "serving_default")

    taken = take_apart(serving)

    shared = {taken.nodes[name].op for name in taken.shared}
    dependent = {taken.nodes[name].op for name in taken.dependent}
    must_share, must_copy = CASES[case]
    assert must_share <= shared
    assert must_copy <= dependent
    assert not shared & partition.VARIABLE_OPS
