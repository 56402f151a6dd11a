"""The features that a SavedModel parses out of serialized examples, and their types."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from checkpoint_sweep.saved_model.saved_model import SavedModel


def parsed_features(saved_model: SavedModel) -> Mapping[str, tf.DType | None]:
    """Finds the features that parsing operations of its graph and its functions ask for.

    Args:
        saved_model: SavedModel to look into.

    Returns:
        Type of each feature by its name; None where two operations parse it differently. Empty
        where nothing parses, or the names are no constants of the graph.

    Raises:
        SavedModelError: There is no SavedModel.
    """
    graph = saved_model.meta_graph.graph_def
    found: dict[str, set[tf.DType]] = defaultdict(set)
    for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
        for name, dtype in _of_nodes(nodes):
            found[name].add(dtype)
    return {name: dtypes.pop() if len(dtypes) == 1 else None for name, dtypes in found.items()}


def _of_nodes(nodes: Iterable[Any]) -> Iterator[tuple[str, tf.DType]]:
    by_name = {node.name: node for node in nodes}
    for node in by_name.values():
        for keys, dtypes in _keys(node, by_name):
            yield from zip(keys, map(tf.as_dtype, dtypes), strict=False)


def _keys(node: Any, by_name: Mapping[str, Any]) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
    """Lists the names of features and their types, as a parsing operation has them."""

    def constants(given: Iterable[str]) -> list[str]:
        nodes = [by_name.get(name.partition(":")[0]) for name in given]
        arrays = [
            tf.make_ndarray(node.attr["value"].tensor).ravel()
            for node in nodes
            if node is not None and node.op == "Const"
        ]
        return [name.decode() for array in arrays for name in array]

    def types(key: str) -> Sequence[int]:
        # To look up what is not there would add it to the graph, which is shared.
        return node.attr[key].list.type if key in node.attr else ()

    if node.op == "ParseExampleV2":
        yield constants(node.input[2:3]), types("sparse_types")
        yield constants(node.input[3:4]), types("Tdense")
        yield constants(node.input[4:5]), types("ragged_value_types")
    elif node.op == "ParseExample":
        sparse, dense = node.attr["Nsparse"].i, node.attr["Ndense"].i
        yield constants(node.input[2 : 2 + sparse]), types("sparse_types")
        yield constants(node.input[2 + sparse : 2 + sparse + dense]), types("Tdense")
    elif node.op == "ParseSingleExample":
        for keys, kinds in (("sparse_keys", "sparse_types"), ("dense_keys", "Tdense")):
            yield [name.decode() for name in node.attr[keys].list.s], types(kinds)
