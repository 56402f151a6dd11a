"""K models in one graph and one session: shared nodes once, dependent nodes once per model."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import versions_pb2

from checkpoint_sweep.evaluation.predict import serving_graph
from checkpoint_sweep.evaluation.predict.graph_split import (
    RESTORE_BUNDLE,
    RESTORE_KEYS,
    Parts,
    take_apart,
)
from checkpoint_sweep.evaluation.predict.predictor import Arrays, ordered_feeds
from checkpoint_sweep.saved_model import graph, tensor_bundle
from checkpoint_sweep.saved_model.model_source import ModelSource


@dataclasses.dataclass(frozen=True)
class _FusedGraph:
    """The graph of K models, and the ops to run before the first batch.

    Attributes:
        graph_def: Graph of all models.
        fetches: Tensor of each output, by its name, for each model.
        restore_ops: Ops to run first, which restore the weights.
        init_ops: Ops to run next, which initialise tables and local variables.
    """

    graph_def: tf.compat.v1.GraphDef
    fetches: list[dict[str, str]]
    restore_ops: list[str]
    init_ops: list[str]


class FusedModels:
    """K models with the same graph, in one session; a ``Predictor``.

    Attributes:
        input_specs: Dtype and shape of the signature's inputs on which outputs depend, by argument
            name.
        output_names: Names of the signature's outputs, sorted.
    """

    def __init__(
        self,
        models: Sequence[ModelSource],
        signature_name: str = "serving_default",
    ) -> None:
        """Builds the graph, restores all weights and initialises the tables.

        Args:
            models: Models to load, at least one, whose SavedModels have the same graph and assets.
            signature_name: Name of the signature in the SavedModel.

        Raises:
            FileNotFoundError: A SavedModel or a bundle is not there.
            ValueError: There is no such signature, weights do not fit, or graphs differ.
            graph.OpaqueGraphError: The graph cannot be split; ``SeparateModels`` can run it.
        """
        _check_same_graph(models)
        serving = serving_graph.read(models[0].saved_model, signature_name)
        taken = take_apart(serving)
        for model in models:
            tensor_bundle.check(model, taken.tensors)
        fused = _fuse(taken, models, serving.meta_graph.graph_def.versions)
        # An input on which no output depends has gone with the nodes that nothing needs.
        kept = taken.shared | taken.dependent
        feeds = {n: ref for n, ref in serving.feeds.items() if graph.node_of(ref) in kept}
        self.input_specs: Mapping[str, tf.TensorSpec] = {
            name: serving.input_specs[name] for name in feeds
        }
        self.output_names: Sequence[str] = tuple(serving.fetches)
        self._outputs = fused.fetches
        self._session = _session(serving, fused)
        fetches = sorted({tensor for outputs in fused.fetches for tensor in outputs.values()})
        self._position = {tensor: index for index, tensor in enumerate(fetches)}
        self._run = self._session.make_callable(fetches, list(feeds.values()))

    def predict(self, inputs: Mapping[str, np.ndarray]) -> list[Arrays]:
        """Predicts one batch with all models by one ``session.run``; see ``Predictor``."""
        values = self._run(*ordered_feeds(self.input_specs, inputs))
        return [
            {name: values[self._position[tensor]] for name, tensor in outputs.items()}
            for outputs in self._outputs
        ]

    def close(self) -> None:
        """Frees the weights and tables."""
        self._session.close()


def _check_same_graph(models: Sequence[ModelSource]) -> None:
    if not models:
        raise ValueError("There are no models to load.")
    saved_models = dict.fromkeys(model.saved_model for model in models)
    if len(saved_models) > 1:
        first = models[0].saved_model
        others = [other for other in saved_models if other.fingerprint != first.fingerprint]
        if others:
            raise ValueError(
                f"{others[0].directory} and {first.directory} have different graphs or assets, so "
                "they cannot be fused: use `LoadedModels`, which groups models by graph."
            )


def _session(serving: serving_graph.ServingGraph, fused: _FusedGraph) -> tf.compat.v1.Session:
    """Makes a session on the fused graph, restored and initialised."""
    built = tf.Graph()
    with built.as_default():
        try:
            tf.import_graph_def(
                fused.graph_def,
                name="",
                producer_op_list=serving.meta_graph.meta_info_def.stripped_op_list,
            )
        except ValueError as error:
            raise graph.OpaqueGraphError(f"the fused graph is not valid: {error}") from error
    config = tf.compat.v1.ConfigProto(allow_soft_placement=True)
    # `graph_split` has optimized the graph of one model, before it was copied.
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    session = tf.compat.v1.Session(graph=built, config=config)
    try:
        for names in (fused.restore_ops, fused.init_ops):
            if names:
                session.run([built.get_operation_by_name(name) for name in names])
    except BaseException:
        session.close()
        raise
    return session


def _fuse(
    parts: Parts, models: Sequence[ModelSource], versions: versions_pb2.VersionDef
) -> _FusedGraph:
    """Makes the graph of all models, which restores each from its own bundle.

    Args:
        parts: Parts of the models' graph.
        models: Models to fuse.
        versions: Versions of the graph.
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
    return _FusedGraph(
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
    """Names nodes in the fused graph: one name if shared, otherwise one per model."""
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
        keys = [model.key_of(tensor.key) for tensor in parts.tensors]
        own[RESTORE_KEYS] = graph.string_constant(RESTORE_KEYS, keys)
        own[RESTORE_BUNDLE] = graph.string_constant(RESTORE_BUNDLE, tensor_bundle.find(model))
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
