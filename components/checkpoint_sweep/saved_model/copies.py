"""Variables that a SavedModel holds twice, as those of Keras 3's `ExportArchive`.

Keras 3 tracks a variable of its own and the `tf.Variable` in it. TensorFlow 1's loader restores
the one that the graph's restore op writes; `tf.saved_model.load` binds the signature to whichever
of the two its object graph names. Both are one variable of the model.
"""

from collections.abc import Iterator, Mapping

from tensorflow.core.protobuf import meta_graph_pb2

from checkpoint_sweep.saved_model import graph, inlining, restoration
from checkpoint_sweep.saved_model.object_graph import ObjectGraph
from checkpoint_sweep.saved_model.saved_model import SavedModel


def find_copies(saved_model: SavedModel, objects: ObjectGraph | None) -> dict[str, str]:
    """Finds the keys that only `tf.saved_model.load` reads, for variables that have another key.

    Args:
        saved_model: SavedModel that is served.
        objects: Object graph of its bundle; None for a SavedModel of TensorFlow 1.

    Returns:
        Key that the graph's restore op reads, by the key that `tf.saved_model.load` reads for the
        same variable, where they differ.
    """
    if objects is None:
        return {}
    meta_graph = saved_model.meta_graph
    if not meta_graph.object_graph_def.nodes:
        return {}
    restored = _restored_keys(meta_graph)
    found: dict[str, str] = {}
    for handle, number in _bound(meta_graph):
        for key in objects.keys[number].values():
            if handle in restored and key != restored[handle]:
                found[key] = restored[handle]
    return found


def _bound(meta_graph: meta_graph_pb2.MetaGraphDef) -> Iterator[tuple[str, int]]:
    """Yields what calls take beside their arguments: the node in the graph, and the object."""
    functions = meta_graph.object_graph_def.concrete_functions
    for node in meta_graph.graph_def.node:
        name = node.attr["f"].func.name if "f" in node.attr else ""
        if name in functions and (bound := functions[name].bound_inputs):
            taken = [ref for ref in node.input if not ref.startswith("^")][-len(bound) :]
            yield from zip(map(graph.node_of, taken), bound, strict=True)


def _restored_keys(meta_graph: meta_graph_pb2.MetaGraphDef) -> Mapping[str, str]:
    """Maps variables of the graph to the keys that its restore op reads for them."""
    nodes, functions = graph.nodes_and_functions(meta_graph)
    restore = graph.node_of(meta_graph.saver_def.restore_op_name)
    if not restore:
        return {}
    try:
        inlining.inline_dependent_calls(nodes, functions, [restore])
        return {
            variable: restoration.saved_tensor(nodes, source, action).key
            for action in restoration.actions(nodes, meta_graph.saver_def)
            for variable in action.state
            for source in action.restored
        }
    except graph.OpaqueGraphError:
        return {}
