"""The part of a SavedModel that one signature serves."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.python.framework import op_def_registry
from tensorflow.python.saved_model import loader_impl

from checkpoint_sweep.saved_model import graph, inlining
from checkpoint_sweep.saved_model.saved_model import SavedModel, SavedModelError

_PLACEHOLDERS = ("Placeholder", "PlaceholderV2", "PlaceholderWithDefault")


@dataclasses.dataclass
class ServingGraph:
    """One signature of a SavedModel, ready to be taken apart.

    Inputs are plain placeholders, asset nodes hold the file's path, and devices and colocation
    are cleared: the runtime places the copies.

    Attributes:
        nodes: All nodes of the MetaGraph, by name.
        functions: Function library, by name.
        meta_graph: MetaGraph that was read, for its saver, versions and op definitions.
        feeds: Name of the tensor of each input, by argument name.
        fetches: Name of the tensor of each output, by output name.
        input_specs: Dtype and shape of each input, by argument name.
        init_op: Node that initialises tables and local variables, if there is one.
    """

    nodes: graph.Nodes
    functions: graph.Functions
    meta_graph: meta_graph_pb2.MetaGraphDef
    feeds: dict[str, str]
    fetches: dict[str, str]
    input_specs: dict[str, tf.TensorSpec]
    init_op: str | None


def read(saved_model: SavedModel, signature_name: str) -> ServingGraph:
    """Reads the graph and cuts it at the signature's inputs.

    Args:
        saved_model: SavedModel to take the graph of, which stays as it is.
        signature_name: Name of the signature in the SavedModel.

    Raises:
        SavedModelError: There is no SavedModel in the directory, or its graph has no such output.
        ValueError: It has no such signature, or the signature takes or returns something else
            than dense tensors. The message lists what is there.
    """
    meta_graph = saved_model.meta_graph
    signature = _signature(meta_graph, saved_model.directory, signature_name)
    nodes, functions = graph.nodes_and_functions(meta_graph)
    graph.clear_placement(nodes.values())
    for function in functions.values():
        graph.clear_placement(function.node_def)
    assets = loader_impl.get_asset_tensors(saved_model.directory, meta_graph)
    for tensor, path in assets.items():
        name = graph.node_of(tensor)
        nodes[name] = graph.string_constant(name, path)
    feeds = {name: _cut(nodes, signature.inputs[name]) for name in sorted(signature.inputs)}
    renamed = {signature.inputs[name].name: feed for name, feed in feeds.items()}
    fetches = {name: signature.outputs[name].name for name in sorted(signature.outputs)}
    for name, tensor in fetches.items():
        if not _may_exist(nodes, tensor):
            raise SavedModelError(
                f"The graph of {saved_model.directory} has no tensor {tensor}, which its signature "
                f"{signature_name!r} names for the output {name!r}. Export the model again."
            )
    return ServingGraph(
        nodes=nodes,
        functions=functions,
        meta_graph=meta_graph,
        feeds=feeds,
        fetches={name: renamed.get(tensor, tensor) for name, tensor in fetches.items()},
        input_specs={name: _spec(signature.inputs[name], name) for name in feeds},
        init_op=graph.init_op(meta_graph),
    )


def used_inputs(saved_model: SavedModel, signature_name: str) -> frozenset[str]:
    """Names the inputs of a signature on which its outputs depend; all where this is hidden.

    Args:
        saved_model: SavedModel whose graph is looked into, which stays as it is.
        signature_name: Name of the signature in the SavedModel.

    Raises:
        SavedModelError: There is no SavedModel in the directory.
        ValueError: It has no such signature, or not one of dense tensors.
    """
    serving = read(saved_model, signature_name)
    targets = [graph.node_of(tensor) for tensor in serving.fetches.values()]
    try:
        restore = serving.meta_graph.saver_def.restore_op_name
        sources = [graph.node_of(restore)] if restore else []
        replaced = inlining.inline_dependent_calls(
            serving.nodes, serving.functions, [*targets, *sources]
        )
    except graph.OpaqueGraphError:
        return frozenset(serving.feeds)
    fetches = [replaced.get(graph.canonical(ref), ref) for ref in serving.fetches.values()]
    live = graph.ancestors(serving.nodes, map(graph.node_of, fetches))
    return frozenset(name for name, ref in serving.feeds.items() if graph.node_of(ref) in live)


def _may_exist(nodes: graph.Nodes, tensor: str) -> bool:
    """Tells whether a node has an output of a tensor's number; of unknown ones nothing is known."""
    node = nodes.get(graph.node_of(tensor))
    op = op_def_registry.get(node.op) if node is not None else None
    if node is None or op is None:
        return True
    count = 0
    for output in op.output_arg:
        if output.number_attr:
            count += node.attr[output.number_attr].i
        elif output.type_list_attr:
            count += len(node.attr[output.type_list_attr].list.type)
        else:
            count += 1
    return graph.split_tensor(tensor)[1] < count


def _signature(
    meta_graph: meta_graph_pb2.MetaGraphDef, directory: str, name: str
) -> meta_graph_pb2.SignatureDef:
    if name not in meta_graph.signature_def:
        present = sorted(key for key in meta_graph.signature_def if not key.startswith("__"))
        raise ValueError(f"{directory} has no signature {name!r}; it has {present}.")
    signature = meta_graph.signature_def[name]
    infos: Mapping[str, meta_graph_pb2.TensorInfo] = {**signature.inputs, **signature.outputs}
    for key, info in infos.items():
        if info.WhichOneof("encoding") != "name":
            raise ValueError(
                f"{key!r} of signature {name!r} in {directory} is not a dense tensor: "
                "export a signature that takes and returns dense tensors."
            )
    return signature


def _spec(info: meta_graph_pb2.TensorInfo, name: str) -> tf.TensorSpec:
    return tf.TensorSpec(tf.TensorShape(info.tensor_shape), tf.as_dtype(info.dtype), name)


def _cut(nodes: graph.Nodes, info: meta_graph_pb2.TensorInfo) -> str:
    """Makes the signature's input a placeholder, and returns the tensor to feed."""
    name, index = graph.split_tensor(info.name)
    if name not in nodes:
        raise graph.OpaqueGraphError(f"the signature's input {info.name} is not in the graph")
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
