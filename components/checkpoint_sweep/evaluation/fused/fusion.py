"""Writing the fused GraphDef: shared nodes once, dependent nodes once per model."""

import dataclasses
from collections.abc import Callable, Sequence

import tensorflow as tf
from checkpoint_sweep.evaluation.fused.parts import RESTORE_BUNDLE, RESTORE_KEYS, Parts
from checkpoint_sweep.saved_model import bundles, graph
from checkpoint_sweep.saved_model.model_source import ModelSource
from tensorflow.core.framework import versions_pb2


@dataclasses.dataclass(frozen=True)
class FusedGraph:
    """What a session needs to run K models.

    Attributes:
        graph_def: the graph.
        fetches: for each model, output name to tensor.
        restore_ops: to run first.
        init_ops: to run next.
    """

    graph_def: tf.compat.v1.GraphDef
    fetches: list[dict[str, str]]
    restore_ops: list[str]
    init_ops: list[str]


def fuse(
    parts: Parts, models: Sequence[ModelSource], versions: versions_pb2.VersionDef
) -> FusedGraph:
    """The graph of all models, to restore from their own bundles.

    Args:
        parts: of the graph that the models share.
        models: any number.
        versions: of the graph.
    """
    prefixes = _prefixes(parts.nodes, len(models))
    result = tf.compat.v1.GraphDef()
    result.versions.CopyFrom(versions)
    kept = [parts.nodes[name] for name in parts.shared | parts.dependent]
    for name in sorted(graph.reachable_functions(kept, parts.functions)):
        result.library.function.add().CopyFrom(parts.functions[name])
    result.node.extend(parts.nodes[name] for name in sorted(parts.shared))
    for model, prefix in zip(models, prefixes, strict=True):
        _add_model(result, parts, model, prefix)
    return FusedGraph(
        graph_def=result,
        fetches=[
            {
                output: graph.map_ref(ref, _renamer(parts, prefix))
                for output, ref in parts.fetches.items()
            }
            for prefix in prefixes
        ],
        restore_ops=_copies(parts, prefixes, parts.restore),
        init_ops=_copies(parts, prefixes, parts.init),
    )


def _copies(parts: Parts, prefixes: Sequence[str], names: Sequence[str]) -> list[str]:
    """The nodes' names in the fused graph: one if shared, otherwise one per model."""
    return list(
        dict.fromkeys(_renamer(parts, prefix)(name) for prefix in prefixes for name in names)
    )


def _prefixes(nodes: graph.Nodes, count: int) -> list[str]:
    base = "model"
    while any(name.startswith(f"{base}_") for name in nodes):
        base += "_"
    return [f"{base}_{index}/" for index in range(count)]


def _renamer(parts: Parts, prefix: str) -> Callable[[str], str]:
    return lambda name: prefix + name if name in parts.dependent else name


def _add_model(
    result: tf.compat.v1.GraphDef, parts: Parts, model: ModelSource, prefix: str
) -> None:
    own: dict[str, tf.compat.v1.NodeDef] = {}
    if parts.tensors:
        keys = [bundles.key_of(model, tensor.key) for tensor in parts.tensors]
        own[RESTORE_KEYS] = graph.string_constant(RESTORE_KEYS, keys)
        own[RESTORE_BUNDLE] = graph.string_constant(RESTORE_BUNDLE, bundles.prefix(model))
    rename = _renamer(parts, prefix)
    for name in sorted(parts.dependent):
        node = result.node.add()
        node.CopyFrom(own.get(name, parts.nodes[name]))
        node.name = prefix + name
        node.input[:] = [graph.map_ref(ref, rename) for ref in node.input]
        if "frame_name" in node.attr:
            node.attr["frame_name"].s = prefix.encode() + node.attr["frame_name"].s
        if "shared_name" in node.attr:
            # Variables are found by this name, not by the node's: it must differ between models.
            shared_name = node.attr["shared_name"].s or name.encode()
            node.attr["shared_name"].s = prefix.encode() + shared_name
