"""The digest of a serving graph sees all that predictions depend on, beside the weights."""

import pathlib
import shutil
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from checkpoint_sweep.evaluation.predict.graph_digest import digest_of_serving_graph
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.checkpoint_sweep.evaluation.predict import tf1_graphs
from tests.checkpoint_sweep.evaluation.predict.tf1_graphs import Built, v1

Change = Callable[[meta_graph_pb2.MetaGraphDef, pathlib.Path], None]
VOCABULARY = "assets/words.txt"


def _tables_and_a_function() -> Built:
    scratch = pathlib.Path(v1.get_default_graph().scratch)  # type: ignore[attr-defined]
    (scratch / "words.txt").write_text("elm\nash")
    asset = tf.constant(str(scratch / "words.txt"), name="asset")
    v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
    words = v1.placeholder(tf.string, [None], name="words")
    tables = [
        tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(asset, tf.string, 0, tf.int64, 1), default
        )
        for default in (-1, -2)
    ]
    numbers = tf.cast(tables[0].lookup(words) - tables[1].lookup(words), tf.float32)
    twice = tf.function(lambda x: x * 3.0, input_signature=[tf.TensorSpec([None])])
    weight = v1.get_variable("weight", [])
    return Built(
        {"words": words},
        {"y": tf.add(twice(numbers), 7.0, name="sum") * weight},
        {"words": np.array([b"elm"], dtype=object)},
        init=v1.tables_initializer(),
    )


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    directory = tmp_path_factory.mktemp("digest") / "model"
    tf1_graphs.export(_tables_and_a_function, str(directory))
    return directory


def _nothing(_: meta_graph_pb2.MetaGraphDef, __: pathlib.Path) -> None:
    """Leaves the export as it is."""


def _named(*names: str) -> Change:
    def change(meta_graph: meta_graph_pb2.MetaGraphDef, _: pathlib.Path) -> None:
        tables = [node for node in meta_graph.graph_def.node if node.op == "HashTableV2"]
        for node, name in zip(tables, names, strict=True):
            node.attr["shared_name"].s = name.encode()

    return change


def _constant_of_a_function(meta_graph: meta_graph_pb2.MetaGraphDef, _: pathlib.Path) -> None:
    nodes = [n for f in meta_graph.graph_def.library.function for n in f.node_def]
    constants = [n for n in nodes if n.op == "Const" and n.attr["dtype"].type == tf.float32]
    assert constants
    for node in constants:
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(4.0))


def _op(meta_graph: meta_graph_pb2.MetaGraphDef, _: pathlib.Path) -> None:
    (node,) = [node for node in meta_graph.graph_def.node if node.name == "sum"]
    assert node.op in ("Add", "AddV2")
    node.op = "Sub"


def _constant(meta_graph: meta_graph_pb2.MetaGraphDef, _: pathlib.Path) -> None:
    (node,) = [node for node in meta_graph.graph_def.node if node.name == "sum/y"]
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(8.0))


def _producer(meta_graph: meta_graph_pb2.MetaGraphDef, _: pathlib.Path) -> None:
    meta_graph.graph_def.versions.producer -= 1


def _asset(_: meta_graph_pb2.MetaGraphDef, directory: pathlib.Path) -> None:
    (directory / VOCABULARY).write_text("ash\nelm")


def _initialiser(meta_graph: meta_graph_pb2.MetaGraphDef, _: pathlib.Path) -> None:
    (node,) = [
        n for n in meta_graph.graph_def.node if n.name == "weight/Initializer/random_uniform/min"
    ]
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(-9.0))


def _digest(exported: pathlib.Path, directory: pathlib.Path, change: Change) -> str:
    """Digests a copy of an export that is changed."""
    shutil.copytree(exported, directory)
    graph_file = directory / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(graph_file.read_bytes())
    change(saved.meta_graphs[0], directory)
    graph_file.write_bytes(saved.SerializeToString())
    return digest_of_serving_graph(SavedModel(str(directory)), "serving_default")


OWN = _named("own", "names")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param(_nothing, _nothing, True, id="another folder"),
        pytest.param(OWN, _named("other", "ones"), True, id="names of the tables"),
        pytest.param(OWN, _named("", ""), True, id="no names of the tables"),
        pytest.param(_nothing, _initialiser, True, id="an initialiser"),
        pytest.param(OWN, _named("one", "one"), False, id="tables that share a name"),
        pytest.param(
            _named("", ""), _named("one", "one"), False, id="no names, and one for both tables"
        ),
        pytest.param(_nothing, _constant, False, id="a constant"),
        pytest.param(_nothing, _constant_of_a_function, False, id="a constant of a function"),
        pytest.param(_nothing, _op, False, id="an op"),
        pytest.param(_nothing, _asset, False, id="an asset"),
        pytest.param(_nothing, _producer, False, id="the version of the producer"),
    ],
)
def test_graphs_that_may_predict_other_values_have_other_digests(
    first: Change, second: Change, same: bool, exported: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    digests = {
        _digest(exported, tmp_path / "first", first),
        _digest(exported, tmp_path / "second", second),
    }
    assert len(digests) == (1 if same else 2)
