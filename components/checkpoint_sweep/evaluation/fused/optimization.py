"""Optimizing one model's graph once, instead of all models' graph in the session.

TensorFlow would rewrite the fused graph at its first run, which takes seconds for 20 models. The
same rewrites of one model, before it is copied, take a fraction of a second.
"""

import logging
from collections.abc import Collection

import tensorflow as tf
from checkpoint_sweep.saved_model import graph
from tensorflow.core.framework import versions_pb2
from tensorflow.core.protobuf import rewriter_config_pb2
from tensorflow.python.grappler import tf_optimizer

_LOG = logging.getLogger(__name__)


def optimize(
    nodes: graph.Nodes,
    functions: graph.Functions,
    keep: Collection[str],
    versions: versions_pb2.VersionDef,
) -> tuple[graph.Nodes, graph.Functions]:
    """What TensorFlow's graph optimizer makes of the graph; the graph itself where it fails.

    Args:
        nodes: all nodes of the graph.
        functions: a library that has those that the nodes call.
        keep: nodes to keep under their names, with the meaning of their outputs.
        versions: of the graph.

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
    # The optimizer's name for what has to be kept.
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
