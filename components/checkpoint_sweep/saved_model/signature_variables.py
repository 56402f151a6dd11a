"""The variables of a SavedModel that its signatures read."""

from collections.abc import Collection, Iterator

from tensorflow.core.protobuf import meta_graph_pb2

from checkpoint_sweep.saved_model import graph, inlining, partition, restoration
from checkpoint_sweep.saved_model.saved_model import SavedModel


def signature_variables(
    saved_model: SavedModel, names: Collection[str] | None = None
) -> frozenset[str] | None:
    """Finds the keys in the bundle that signatures need; None when the graph does not tell.

    A bundle may hold more than is served: the states of metrics, an optimizer's slots.

    Args:
        saved_model: SavedModel whose signatures they are.
        names: Names of the signatures; None for all.
    """
    meta_graph = saved_model.meta_graph
    nodes, functions = graph.nodes_and_functions(meta_graph)
    targets = {graph.node_of(name) for name in _outputs(meta_graph, names)}
    if init := graph.init_op(meta_graph):
        targets.add(init)
    live = graph.ancestors(nodes, targets)
    called = graph.reachable_functions([nodes[name] for name in live], functions)
    bodies = [node for name in called for node in functions[name].node_def]
    restore = graph.node_of(meta_graph.saver_def.restore_op_name)
    if not restore or any(node.op in partition.VARIABLE_OPS for node in bodies):
        return None
    try:
        inlining.inline_dependent_calls(nodes, functions, [restore])
        return frozenset(
            restoration.saved_tensor(nodes, source, action).key
            for action in restoration.actions(nodes, meta_graph.saver_def)
            if action.state & live
            for source in action.restored
        )
    except graph.OpaqueGraphError:
        return None


def _outputs(
    meta_graph: meta_graph_pb2.MetaGraphDef, names: Collection[str] | None
) -> Iterator[str]:
    """Yields the names of the tensors that signatures return, inside composite ones too."""
    for name, signature in meta_graph.signature_def.items():
        if name.startswith("__") or (names is not None and name not in names):
            continue
        for info in signature.outputs.values():
            kind = info.WhichOneof("encoding")
            if kind == "name":
                yield info.name
            elif kind == "coo_sparse":
                sparse = info.coo_sparse
                yield from (
                    sparse.values_tensor_name,
                    sparse.indices_tensor_name,
                    sparse.dense_shape_tensor_name,
                )
            else:
                yield from (part.name for part in info.composite_tensor.components)
