"""Which tensors of a SavedModel's bundle its signatures read."""

from collections.abc import Iterator, Sequence

from checkpoint_sweep.evaluation.fused.predictor import NotFusableError
from checkpoint_sweep.saved_model import (
    graph,
    inlining,
    partition,
    restoration,
    serving_graph,
)
from tensorflow.core.protobuf import meta_graph_pb2


def served_keys(saved_model: str, tags: Sequence[str] = ("serve",)) -> frozenset[str] | None:
    """Keys that a signature needs restored, or None when the graph does not tell.

    A bundle may hold more than is served: the states of metrics, an optimizer's slots.

    Args:
        saved_model: directory.
        tags: of the MetaGraph.
    """
    meta_graph = serving_graph.read_meta_graph(saved_model, tags)
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    functions = {
        function.signature.name: function for function in meta_graph.graph_def.library.function
    }
    targets = {graph.node_of(name) for name in _outputs(meta_graph)}
    if init := serving_graph.init_op(meta_graph):
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
    except NotFusableError:
        return None


def _outputs(meta_graph: meta_graph_pb2.MetaGraphDef) -> Iterator[str]:
    """Names of the tensors that signatures return, those inside composite ones too."""
    for name, signature in meta_graph.signature_def.items():
        if name.startswith("__"):
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
