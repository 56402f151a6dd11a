"""The features that a SavedModel parses out of serialized examples."""

from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow as tf

from checkpoint_sweep.saved_model import signatures

_IN_ATTRIBUTES = ("ParseSingleExample",)


def parsed_features(directory: str) -> set[str]:
    """Finds the features that the parsing ops of a SavedModel's graph and functions ask for.

    Args:
        directory: Directory of the SavedModel.

    Returns:
        Names of features; none where nothing parses, or where names are no constants of the graph.

    Raises:
        SavedModelError: There is no SavedModel.
    """
    graph = signatures.meta_graph(directory).graph_def
    found = set(_of_nodes(graph.node))
    for function in graph.library.function:
        found |= set(_of_nodes(function.node_def))
    return found


def _of_nodes(nodes: Iterable[Any]) -> Iterator[str]:
    by_name = {node.name: node for node in nodes}
    for node in by_name.values():
        if node.op in _IN_ATTRIBUTES:
            for key in ("sparse_keys", "dense_keys"):
                yield from (name.decode() for name in node.attr[key].list.s)
        for given in _keys(node):
            source = by_name.get(given.partition(":")[0])
            if source is not None and source.op == "Const":
                names = tf.make_ndarray(source.attr["value"].tensor).ravel()
                yield from (name.decode() for name in names)


def _keys(node: Any) -> list[str]:
    """Lists the inputs of a parsing op that are names of features."""
    if node.op == "ParseExampleV2":
        return list(node.input[2:5])  # Sparse, dense and ragged.
    if node.op == "ParseExample":
        return list(node.input[2 : 2 + node.attr["Nsparse"].i + node.attr["Ndense"].i])
    return []
