"""Reading the part of a SavedModel that one signature serves."""

import dataclasses
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence

import tensorflow as tf
from checkpoint_sweep.evaluation.fused.predictor import NotFusableError
from checkpoint_sweep.saved_model import graph
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.python.saved_model import loader_impl

_INIT_OP_SIGNATURE = "__saved_model_init_op"
_INIT_OP_COLLECTIONS = ("saved_model_main_op", "legacy_init_op")
_PLACEHOLDERS = ("Placeholder", "PlaceholderV2", "PlaceholderWithDefault")


@dataclasses.dataclass
class ServingGraph:
    """One signature of a SavedModel, ready to be taken apart.

    Inputs are plain placeholders, asset nodes hold the file's path, and devices and colocation
    are cleared: the runtime places the copies.

    Attributes:
        nodes: by name; everything in the MetaGraph.
        functions: the function library, by name.
        meta_graph: the rest of what was read (saver, versions, op definitions).
        feeds: argument name to tensor name.
        fetches: output name to tensor name.
        input_specs: dtype and shape by argument name.
        init_op: node that initialises tables and local variables, if there is one.
    """

    nodes: graph.Nodes
    functions: graph.Functions
    meta_graph: meta_graph_pb2.MetaGraphDef
    feeds: dict[str, str]
    fetches: dict[str, str]
    input_specs: dict[str, tf.TensorSpec]
    init_op: str | None


def fingerprint(saved_model: str) -> str:
    """Digest of the graph file and of every asset: equal when models can share one graph.

    Raises:
        FileNotFoundError: there is no SavedModel in the directory.
    """
    digest = hashlib.sha256()
    for path in (*_graph_files(saved_model), *_files(os.path.join(saved_model, "assets"))):
        digest.update(os.path.relpath(path, saved_model).encode())
        with tf.io.gfile.GFile(path, "rb") as file:
            while chunk := file.read(1 << 24):
                digest.update(chunk)
    return digest.hexdigest()


def _graph_files(saved_model: str) -> list[str]:
    paths = [os.path.join(saved_model, name) for name in ("saved_model.pb", "saved_model.pbtxt")]
    found = [path for path in paths if tf.io.gfile.exists(path)]
    if not found:
        raise FileNotFoundError(f"{saved_model} holds no saved_model.pb: it is not a SavedModel.")
    return found[:1]


def _files(directory: str) -> Iterator[str]:
    for parent, _, names in sorted(tf.io.gfile.walk(directory)):
        yield from (os.path.join(parent, name) for name in sorted(names))


def read(
    saved_model: str,
    signature_name: str,
    tags: Sequence[str],
    output_names: Sequence[str] | None = None,
) -> ServingGraph:
    """Reads the MetaGraph with these tags and cuts it at the signature's inputs.

    Args:
        saved_model: directory.
        signature_name: as in the SavedModel.
        tags: of the MetaGraph.
        output_names: the signature's outputs to keep; the default is all.

    Raises:
        FileNotFoundError: there is no SavedModel in the directory.
        ValueError: no MetaGraph has these tags, it has no such signature, the signature has no
            such output, or takes or returns something else than dense tensors. The message lists
            what is there.
    """
    _graph_files(saved_model)
    meta_graph = read_meta_graph(saved_model, tags)
    signature = _signature(meta_graph, saved_model, signature_name)
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    functions = {
        function.signature.name: function for function in meta_graph.graph_def.library.function
    }
    graph.clear_placement(nodes.values())
    for function in functions.values():
        graph.clear_placement(function.node_def)
    for tensor, path in loader_impl.get_asset_tensors(saved_model, meta_graph).items():
        name = graph.node_of(tensor)
        nodes[name] = graph.string_constant(name, path)
    feeds = {name: _cut(nodes, signature.inputs[name], name) for name in sorted(signature.inputs)}
    renamed = {signature.inputs[name].name: feed for name, feed in feeds.items()}
    return ServingGraph(
        nodes=nodes,
        functions=functions,
        meta_graph=meta_graph,
        feeds=feeds,
        fetches={
            name: renamed.get(signature.outputs[name].name, signature.outputs[name].name)
            for name in _outputs(signature, saved_model, signature_name, output_names)
        },
        input_specs={name: _spec(signature.inputs[name], name) for name in feeds},
        init_op=init_op(meta_graph),
    )


def read_meta_graph(saved_model: str, tags: Sequence[str]) -> meta_graph_pb2.MetaGraphDef:
    """The MetaGraph with exactly these tags.

    Raises:
        ValueError: there is none; lists those that there are.
    """
    meta_graphs = loader_impl.parse_saved_model(saved_model).meta_graphs
    for meta_graph in meta_graphs:
        if set(meta_graph.meta_info_def.tags) == set(tags):
            return meta_graph
    present = [sorted(meta_graph.meta_info_def.tags) for meta_graph in meta_graphs]
    raise ValueError(f"{saved_model} has no MetaGraph tagged {sorted(tags)}; it has {present}.")


def _signature(
    meta_graph: meta_graph_pb2.MetaGraphDef, saved_model: str, name: str
) -> meta_graph_pb2.SignatureDef:
    if name not in meta_graph.signature_def:
        present = sorted(key for key in meta_graph.signature_def if not key.startswith("__"))
        raise ValueError(f"{saved_model} has no signature {name!r}; it has {present}.")
    signature = meta_graph.signature_def[name]
    infos: Mapping[str, meta_graph_pb2.TensorInfo] = {**signature.inputs, **signature.outputs}
    for key, info in infos.items():
        if info.WhichOneof("encoding") != "name":
            raise ValueError(
                f"{key!r} of signature {name!r} in {saved_model} is not a dense tensor: "
                "export a signature that takes and returns dense tensors."
            )
    return signature


def _outputs(
    signature: meta_graph_pb2.SignatureDef,
    saved_model: str,
    signature_name: str,
    wanted: Sequence[str] | None,
) -> list[str]:
    present = sorted(signature.outputs)
    unknown = sorted(set(wanted or ()) - set(present))
    if unknown:
        raise ValueError(
            f"Signature {signature_name!r} of {saved_model} has no outputs {unknown}; it has "
            f"{present}."
        )
    return present if wanted is None else sorted(set(wanted))


def _spec(info: meta_graph_pb2.TensorInfo, name: str) -> tf.TensorSpec:
    return tf.TensorSpec(tf.TensorShape(info.tensor_shape), tf.as_dtype(info.dtype), name)


def _cut(nodes: graph.Nodes, info: meta_graph_pb2.TensorInfo, argument: str) -> str:
    """Makes the signature's input a placeholder and returns the tensor to feed."""
    name, index = graph.split_tensor(info.name)
    if name not in nodes:
        raise NotFusableError(f"the signature's input {info.name} is not in the graph")
    in_place = nodes[name].op in _PLACEHOLDERS
    placeholder = tf.compat.v1.NodeDef(
        name=name if in_place else f"{name}/__fed__{index}", op="Placeholder"
    )
    placeholder.attr["dtype"].type = info.dtype
    placeholder.attr["shape"].shape.CopyFrom(info.tensor_shape)
    nodes[placeholder.name] = placeholder
    if not in_place:
        for node in nodes.values():
            for position, ref in enumerate(node.input):
                if not ref.startswith("^") and graph.split_tensor(ref) == (name, index):
                    node.input[position] = placeholder.name
    return f"{placeholder.name}:0"


def init_op(meta_graph: meta_graph_pb2.MetaGraphDef) -> str | None:
    """The node that initialises tables and local variables; None when there is none."""
    if _INIT_OP_SIGNATURE in meta_graph.signature_def:
        outputs = meta_graph.signature_def[_INIT_OP_SIGNATURE].outputs
        return graph.node_of(outputs[_INIT_OP_SIGNATURE].name)
    for key in _INIT_OP_COLLECTIONS:
        names = (
            meta_graph.collection_def[key].node_list.value
            if (key in meta_graph.collection_def)
            else ()
        )
        if names:
            return graph.node_of(names[0])
    return None
