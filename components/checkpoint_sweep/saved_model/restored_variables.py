"""The tensor of the SavedModel's bundle that each variable of a served graph gets."""

import dataclasses
from collections.abc import Mapping

from checkpoint_sweep.saved_model import graph, inlining, partition, restoration
from checkpoint_sweep.saved_model.saved_model import SavedModel


@dataclasses.dataclass(frozen=True)
class ServedGraph:
    """The graph behind all signatures, with the calls in it that touch variables inlined.

    Attributes:
        nodes: Nodes of the graph, by name.
        live: Names of the nodes that a signature needs.
        functions: Library functions that a signature still calls, such as branches, by name.
        variables: Key in the bundle of each node that is a variable.
        tables: Keys of the tensors that are restored into something else than a variable.
    """

    nodes: graph.Nodes
    live: set[str]
    functions: graph.Functions
    variables: Mapping[str, str]
    tables: frozenset[str]


def served_graph(saved_model: SavedModel) -> ServedGraph | None:
    """Reads the graph behind all signatures; None when it does not tell what it restores.

    Args:
        saved_model: SavedModel that is served.

    Raises:
        SavedModelError: There is no SavedModel.
    """
    meta_graph = saved_model.meta_graph
    nodes, functions = graph.nodes_and_functions(meta_graph)
    restore = graph.node_of(meta_graph.saver_def.restore_op_name)
    targets = {
        graph.node_of(info.name)
        for name, signature in meta_graph.signature_def.items()
        if not name.startswith("__")
        for info in signature.outputs.values()
        if info.WhichOneof("encoding") == "name"
    }
    if not restore or not targets:
        return None
    try:
        inlining.inline_dependent_calls(nodes, functions, [restore, *targets])
        variables: dict[str, str] = {}
        tables: set[str] = set()
        for action in restoration.actions(nodes, meta_graph.saver_def):
            keys = [
                restoration.saved_tensor(nodes, source, action).key for source in action.restored
            ]
            if all(nodes[name].op in partition.VARIABLE_OPS for name in action.state):
                variables |= {name: key for name in action.state for key in keys}
            else:
                tables.update(keys)
        live = graph.ancestors(nodes, targets)
    except (graph.OpaqueGraphError, KeyError):
        return None
    called = graph.reachable_functions([nodes[name] for name in live], functions)
    return ServedGraph(
        nodes,
        live,
        {name: functions[name] for name in called},
        variables,
        frozenset(tables),
    )
