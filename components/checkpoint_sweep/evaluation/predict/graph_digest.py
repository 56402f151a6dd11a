"""Tells whether exports can share a fused graph, though their files are not the same.

The exports of two seeds differ in the initialisers of their variables, which serve nothing, in
the random names of their tables, and in the paths of their assets.
"""

import copy
import hashlib
import os
from typing import Any

import tensorflow as tf
from tensorflow.python.saved_model import loader_impl

from checkpoint_sweep.common import digests
from checkpoint_sweep.evaluation.predict import serving_graph
from checkpoint_sweep.evaluation.predict.graph_split import take_apart
from checkpoint_sweep.saved_model import graph
from checkpoint_sweep.saved_model.saved_model import SavedModel


def digest_of_serving_graph(saved_model: SavedModel, signature_name: str) -> str:
    """Digests what the fused graph has of a SavedModel: nodes, functions, keys and assets.

    Args:
        saved_model: SavedModel, whose graph stays as it is.
        signature_name: Name of the signature.

    Returns:
        A digest that is equal for graphs that predict the same with the same weights; the
        fingerprint of the SavedModel where its graph cannot be taken apart.
    """
    try:
        serving = serving_graph.read(saved_model, signature_name)
        assets = loader_impl.get_asset_tensors(saved_model.directory, serving.meta_graph)
        for tensor, path in assets.items():
            # An export has its own path of an asset; what is in the file is what counts.
            name = graph.node_of(tensor)
            content = f"{os.path.basename(path)} {digests.of_files([path])}"
            serving.nodes[name] = graph.string_constant(name, content)
        parts = take_apart(serving)
    except (graph.OpaqueGraphError, tf.errors.OpError):
        return saved_model.fingerprint
    kept = [parts.nodes[name] for name in sorted(parts.shared | parts.dependent)]
    functions = graph.reachable_functions(kept, parts.functions)
    protos = [*kept, *(parts.functions[name] for name in sorted(functions))]
    shared = _SharedNames()
    digest = hashlib.sha256()
    for proto in protos:
        content = shared.numbered(proto).SerializeToString(deterministic=True)
        digest.update(f"{len(content)} ".encode() + content)
    names = (parts.tensors, parts.restore, parts.init, sorted(parts.fetches.items()))
    # The version of the producer decides on the meaning of some ops.
    producer = serving.meta_graph.graph_def.versions.producer
    digest.update(repr((names, sorted(serving.feeds.items()), producer)).encode())
    return digest.hexdigest()


class _SharedNames:
    """Numbers the names by which nodes share a resource: what counts is which of them are equal."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}

    def numbered(self, proto: Any) -> Any:
        """Returns a node with its number in place of the name; what has no such name as it is."""
        if not isinstance(proto, tf.compat.v1.NodeDef) or "shared_name" not in proto.attr:
            return proto
        # Without such a name, a node shares by its own.
        name = proto.attr["shared_name"].s or proto.name.encode()
        number = self._numbers.setdefault(name, len(self._numbers))
        copied = copy.deepcopy(proto)
        copied.attr["shared_name"].s = str(number).encode()
        return copied
