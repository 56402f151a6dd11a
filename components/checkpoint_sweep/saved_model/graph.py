"""Helpers to walk a GraphDef: names, ancestors, consumers, functions."""

import copy
import graphlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import tensorflow as tf
from tensorflow.core.framework import function_pb2
from tensorflow.core.protobuf import meta_graph_pb2


class OpaqueGraphError(Exception):
    """A graph cannot be taken apart; the message says why."""


class MissingNodeError(KeyError):
    """A graph refers to a node that it does not have; the message names it."""

    def __str__(self) -> str:
        return f"the graph has no node {self.args[0]!r}"


Nodes = dict[str, tf.compat.v1.NodeDef]
Functions = dict[str, function_pb2.FunctionDef]
_Item = TypeVar("_Item")

_INIT_OP_SIGNATURE = "__saved_model_init_op"
_INIT_OP_COLLECTIONS = ("saved_model_main_op", "legacy_init_op")


def nodes_and_functions(meta_graph: meta_graph_pb2.MetaGraphDef) -> tuple[Nodes, Functions]:
    """Copies of a graph's nodes and of its function library, by name.

    Those who take a graph apart change them in place, and a SavedModel's graph is shared.
    """
    copied = copy.deepcopy(meta_graph.graph_def)
    nodes = {node.name: node for node in copied.node}
    return nodes, {function.signature.name: function for function in copied.library.function}


def recursive_function(meta_graph: meta_graph_pb2.MetaGraphDef) -> str | None:
    """Finds a function that calls itself, directly or not; None if none does.

    No call of one would ever end: TensorFlow's functions cannot be recursive.
    """
    functions = {f.signature.name: f for f in meta_graph.graph_def.library.function}
    calls = {
        name: {callee for node in function.node_def for callee in functions_of(node, functions)}
        for name, function in functions.items()
    }
    try:
        graphlib.TopologicalSorter(calls).prepare()
    except graphlib.CycleError as error:
        return str(error.args[1][0])
    return None


def node_of(ref: str) -> str:
    """Returns the node name of an input reference: ``a``, ``a:1`` and ``^a`` all name ``a``."""
    return ref.lstrip("^").partition(":")[0]


def split_tensor(ref: str) -> tuple[str, int]:
    """Splits a data reference into node name and output index: ``a`` is ``a:0``."""
    name, _, index = ref.partition(":")
    return name, int(index or 0)


def canonical(ref: str) -> str:
    """Writes out the output index of a data reference: ``a`` becomes ``a:0``."""
    return ref if ":" in ref else f"{ref}:0"


def map_ref(ref: str, rename: Callable[[str], str]) -> str:
    """Renames the node of a reference, and keeps output index and control mark."""
    if ref.startswith("^"):
        return "^" + rename(ref[1:])
    name, colon, index = ref.partition(":")
    return rename(name) + colon + index


def string_constant(name: str, value: str | bytes | Sequence[str]) -> tf.compat.v1.NodeDef:
    """Makes a Const node that holds a string, or a vector of strings."""
    node = tf.compat.v1.NodeDef(name=name, op="Const")
    node.attr["dtype"].type = tf.string.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value, tf.string))
    return node


def init_op(meta_graph: meta_graph_pb2.MetaGraphDef) -> str | None:
    """Finds the node that initialises tables and local variables; None when there is none."""
    if _INIT_OP_SIGNATURE in meta_graph.signature_def:
        outputs = meta_graph.signature_def[_INIT_OP_SIGNATURE].outputs
        return node_of(outputs[_INIT_OP_SIGNATURE].name)
    for key in _INIT_OP_COLLECTIONS:
        if key in meta_graph.collection_def:
            names = meta_graph.collection_def[key].node_list.value
            if names:
                return node_of(names[0])
    return None


def clear_placement(nodes: Iterable[tf.compat.v1.NodeDef]) -> None:
    """Clears devices and colocation, which would tie copies of nodes to each other."""
    for node in nodes:
        node.device = ""
        node.attr.pop("_class", None)


def reachable(starts: Iterable[_Item], following: Callable[[_Item], Iterable[_Item]]) -> set[_Item]:
    """Finds the items to start from and all that follow them, directly or not."""
    found: set[_Item] = set()
    todo = list(starts)
    while todo:
        item = todo.pop()
        if item not in found:
            found.add(item)
            todo.extend(following(item))
    return found


def ancestors(nodes: Nodes, targets: Iterable[str]) -> set[str]:
    """Finds the targets and all nodes that they need.

    Raises:
        MissingNodeError: The graph refers to a node that it does not have.
    """

    def inputs(name: str) -> Iterator[str]:
        if name not in nodes:
            raise MissingNodeError(name)
        return map(node_of, nodes[name].input)

    return reachable(targets, inputs)


def consumers(nodes: Nodes, live: Iterable[str]) -> dict[str, list[str]]:
    """Maps each node to the nodes of ``live`` that take it as data or control input."""
    result: dict[str, list[str]] = {}
    for name in live:
        for ref in nodes[name].input:
            result.setdefault(node_of(ref), []).append(name)
    return result


def functions_of(node: tf.compat.v1.NodeDef, functions: Mapping[str, object]) -> list[str]:
    """Lists the library functions that a node calls or passes as an attribute."""
    names = [node.op] if node.op in functions else []
    for value in node.attr.values():
        kind = value.WhichOneof("value")
        if kind == "func":
            names.append(value.func.name)
        elif kind == "list":
            names.extend(function.name for function in value.list.func)
    return [name for name in names if name in functions]


def reachable_functions(callers: Iterable[tf.compat.v1.NodeDef], functions: Functions) -> set[str]:
    """Finds the library functions that the callers reach, directly or not."""

    def called(bodies: Iterable[tf.compat.v1.NodeDef]) -> list[str]:
        return [name for node in bodies for name in functions_of(node, functions)]

    return reachable(called(callers), lambda name: called(functions[name].node_def))
