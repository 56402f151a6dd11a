"""The features that a SavedModel parses out of serialized examples."""

from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow as tf

from checkpoint_sweep.saved_model.saved_model import SavedModel

_IN_ATTRIBUTES = ("ParseSingleExample",)


def parsed_features(saved_model: SavedModel) -> set[str]:
    """Names of the features that parsing operations of its graph and its functions ask for.

    Args:
        saved_model: SavedModel to look into.

    Returns:
        Names of features; none where nothing parses, or where names are no constants of the graph.

    Raises:
        SavedModelError: There is no SavedModel.
    """
    graph = saved_model.meta_graph.graph_def
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
