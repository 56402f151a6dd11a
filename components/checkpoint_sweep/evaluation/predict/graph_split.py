"""A serving graph taken apart: the nodes that all models share, and those that each copies."""

import dataclasses
import logging
from collections.abc import Collection, Sequence

import tensorflow as tf
from tensorflow.core.framework import versions_pb2
from tensorflow.core.protobuf import rewriter_config_pb2
from tensorflow.python.grappler import tf_optimizer

from checkpoint_sweep.evaluation.predict.serving_graph import ServingGraph
from checkpoint_sweep.saved_model import graph, inlining, partition, restoration
from checkpoint_sweep.saved_model.tensor_bundle import SavedTensor

_LOG = logging.getLogger(__name__)

RESTORE = "__restore__"
RESTORE_BUNDLE = f"{RESTORE}/bundle"
RESTORE_KEYS = f"{RESTORE}/keys"
_RESTORE_SLICES = f"{RESTORE}/slices"
_RESTORE_NODES = (RESTORE, RESTORE_BUNDLE, RESTORE_KEYS, _RESTORE_SLICES)


@dataclasses.dataclass(frozen=True)
class Parts:
    """A serving graph taken apart.

    Attributes:
        nodes: Nodes by name.
        functions: Functions that the nodes call, by name.
        shared: Names of the nodes that all models use.
        dependent: Names of the nodes that every model has a copy of.
        tensors: Tensors to restore, in the order of the outputs of the RestoreV2 ``RESTORE``.
        restore: Names of the nodes that put restored tensors into variables.
        init: Names of the nodes that initialise tables and local variables.
        fetches: Tensor of each output, by its name.
    """

    nodes: graph.Nodes
    functions: graph.Functions
    shared: frozenset[str]
    dependent: frozenset[str]
    tensors: tuple[SavedTensor, ...]
    restore: tuple[str, ...]
    init: tuple[str, ...]
    fetches: dict[str, str]


def take_apart(serving: ServingGraph) -> Parts:
    """Inlines calls that depend on variables, and separates shared from dependent nodes.

    Args:
        serving: Graph to take apart, which is changed in place.

    Raises:
        graph.OpaqueGraphError: State is hidden inside functions, or the saver cannot be read.
    """
    saver = serving.meta_graph.saver_def
    init = [serving.init_op] if serving.init_op else []
    wanted = {graph.node_of(tensor) for tensor in serving.fetches.values()}
    restore = [graph.node_of(saver.restore_op_name)] if saver.restore_op_name else []
    replaced = inlining.inline_dependent_calls(
        serving.nodes, serving.functions, [*wanted, *init, *restore]
    )
    fetches = {
        name: replaced.get(graph.canonical(ref), ref) for name, ref in serving.fetches.items()
    }
    targets = {*map(graph.node_of, fetches.values()), *init}

    live = graph.ancestors(serving.nodes, targets)
    actions = [a for a in restoration.actions(serving.nodes, saver) if a.state & live]
    live = live.union(*(action.needs for action in actions))
    _refuse_hidden_state(serving, live)
    nodes = {name: serving.nodes[name] for name in live}
    tensors = _restore_by_one_op(serving.nodes, nodes, actions)
    written = {name for action in actions for name in (action.name, *action.state)}
    restore_nodes = {name for name in _RESTORE_NODES if name in nodes}
    nodes, functions = _optimize(
        nodes,
        serving.functions,
        keep={*targets, *written, *restore_nodes, *map(graph.node_of, serving.feeds.values())},
        versions=serving.meta_graph.graph_def.versions,
    )

    live = graph.ancestors(nodes, targets | written)
    seeds = partition.variables(nodes, live) | written | restore_nodes
    dependent = partition.dependent_nodes(nodes, live, seeds)
    return Parts(
        nodes=nodes,
        functions=functions,
        shared=frozenset(live - dependent),
        dependent=frozenset(dependent),
        tensors=tensors,
        restore=tuple(action.name for action in actions),
        init=tuple(init),
        fetches=fetches,
    )


def _restore_by_one_op(
    whole: graph.Nodes, nodes: graph.Nodes, actions: Sequence[restoration.Action]
) -> tuple[SavedTensor, ...]:
    """Makes the actions in ``nodes`` take what they restore from one RestoreV2, named RESTORE.

    A saver has one for each shard, and they restore what the signature does not need as well.
    """
    found = {
        source: restoration.saved_tensor(whole, source, action)
        for action in actions
        for source in sorted(action.restored)
    }
    renamed = {source: f"{RESTORE}:{index}" for index, source in enumerate(found)}
    for name in {name for action in actions for name in action.needs}:
        refs = list(nodes[name].input)
        del nodes[name].input[:]
        for ref in refs:
            if not ref.startswith("^") and graph.split_tensor(ref) in renamed:
                nodes[name].input.append(renamed[graph.split_tensor(ref)])
            elif graph.node_of(ref) in nodes:
                # Other control inputs only order one restore after another, and are dropped.
                nodes[name].input.append(ref)
    tensors = tuple(found.values())
    if tensors:
        inputs = {
            RESTORE_BUNDLE: "",
            RESTORE_KEYS: [tensor.key for tensor in tensors],
            _RESTORE_SLICES: [tensor.slice_spec for tensor in tensors],
        }
        for name, value in inputs.items():
            nodes[name] = graph.string_constant(name, value)
        restore = tf.compat.v1.NodeDef(name=RESTORE, op="RestoreV2", input=list(inputs))
        restore.attr["dtypes"].list.type.extend(tensor.dtype.as_datatype_enum for tensor in tensors)
        nodes[RESTORE] = restore
    return tensors


def _refuse_hidden_state(serving: ServingGraph, live: set[str]) -> None:
    callers = (serving.nodes[name] for name in live)
    for function in graph.reachable_functions(callers, serving.functions):
        for node in serving.functions[function].node_def:
            if node.op in partition.VARIABLE_OPS:
                raise graph.OpaqueGraphError(f"function {function} holds the variable {node.name}")


def _optimize(
    nodes: graph.Nodes,
    functions: graph.Functions,
    keep: Collection[str],
    versions: versions_pb2.VersionDef,
) -> tuple[graph.Nodes, graph.Functions]:
    """Optimizes a graph by TensorFlow's graph optimizer; returns it as it is where that fails.

    TensorFlow would rewrite the fused graph at its first run, which takes seconds for 20 models.
    The same rewrites of one model, before it is copied, take a fraction of a second.

    Args:
        nodes: All nodes of the graph.
        functions: Library that has the functions that the nodes call.
        keep: Nodes to keep under their names, with the meaning of their outputs.
        versions: Versions of the graph.

    Returns:
        The nodes, and the functions that they call.
    """
    used = graph.reachable_functions(nodes.values(), functions)
    meta_graph = tf.compat.v1.MetaGraphDef()
    meta_graph.graph_def.versions.CopyFrom(versions)
    meta_graph.graph_def.node.extend(nodes[name] for name in sorted(nodes))
    if not tf.config.list_physical_devices("GPU"):
        # Kernels are merged only where the optimizer knows that they run on the CPU.
        for node in meta_graph.graph_def.node:
            node.device = "/job:localhost/replica:0/task:0/device:CPU:0"
    meta_graph.graph_def.library.function.extend(functions[name] for name in sorted(used))
    # The optimizer keeps the nodes of this collection.
    meta_graph.collection_def["train_op"].node_list.value.extend(sorted(keep))
    config = tf.compat.v1.ConfigProto()
    rewrites = config.graph_options.rewrite_options
    rewrites.min_graph_nodes = -1  # By default, small graphs are left alone.
    rewrites.memory_optimization = rewriter_config_pb2.RewriterConfig.NO_MEM_OPT
    try:
        optimized = tf_optimizer.OptimizeGraph(config, meta_graph)
    except (tf.errors.OpError, ValueError) as error:
        _LOG.info("The graph is used as it is, because it could not be optimized: %s", error)
        return nodes, {name: functions[name] for name in used}
    graph.clear_placement(optimized.node)
    return (
        {node.name: node for node in optimized.node},
        {function.signature.name: function for function in optimized.library.function},
    )
