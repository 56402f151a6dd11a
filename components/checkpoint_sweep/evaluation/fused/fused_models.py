"""The session that runs all models of one fused graph."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from checkpoint_sweep.evaluation.fused import fusion, parts
from checkpoint_sweep.evaluation.fused.predictor import Arrays, NotFusableError, ordered_feeds
from checkpoint_sweep.saved_model import bundles, serving_graph
from checkpoint_sweep.saved_model.model_source import ModelSource


class FusedModels:
    """K models with the same graph, in one session; a ``Predictor``.

    Attributes:
        input_specs: dtype and shape of the signature's inputs, by argument name.
        output_names: the signature's outputs, sorted.
        shared_nodes: how many nodes of the graph all models share.
        dependent_nodes: how many nodes each model has a copy of.
    """

    def __init__(
        self,
        models: Sequence[ModelSource],
        signature_name: str = "serving_default",
        tags: Sequence[str] = ("serve",),
        output_names: Sequence[str] | None = None,
    ) -> None:
        """Builds the graph, restores all weights and initialises the tables.

        Args:
            models: at least one; their SavedModels have the same graph and assets.
            signature_name: as in the SavedModel.
            tags: of the MetaGraph.
            output_names: the outputs to compute; the default is all of the signature's.

        Raises:
            FileNotFoundError: a SavedModel or a bundle is not there.
            ValueError: no such signature; weights that do not fit; graphs that differ.
            NotFusableError: the graph cannot be split; ``SeparateModels`` can run it.
        """
        _check_same_graph(models)
        serving = serving_graph.read(models[0].saved_model, signature_name, tags, output_names)
        taken = parts.take_apart(serving)
        for model in models:
            bundles.check(model, taken.tensors)
        fused = fusion.fuse(taken, models, serving.meta_graph.graph_def.versions)
        self.input_specs: Mapping[str, tf.TensorSpec] = serving.input_specs
        self.output_names: Sequence[str] = tuple(serving.fetches)
        self.shared_nodes = len(taken.shared)
        self.dependent_nodes = len(taken.dependent)
        self._outputs = fused.fetches
        self._session = _session(serving, fused)
        fetches = sorted({tensor for outputs in fused.fetches for tensor in outputs.values()})
        self._position = {tensor: index for index, tensor in enumerate(fetches)}
        self._run = self._session.make_callable(fetches, list(serving.feeds.values()))

    def predict(self, inputs: Mapping[str, np.ndarray]) -> list[Arrays]:
        """All models' outputs for one batch, by one ``session.run``; see ``Predictor``."""
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
    directories = dict.fromkeys(model.saved_model for model in models)
    if len(directories) > 1:
        prints = {path: serving_graph.fingerprint(path) for path in directories}
        first = models[0].saved_model
        others = [path for path, value in prints.items() if value != prints[first]]
        if others:
            raise ValueError(
                f"{others[0]} and {first} have different graphs or assets, so they cannot be "
                "fused: use `load`, which groups models by graph."
            )


def _session(serving: serving_graph.ServingGraph, fused: fusion.FusedGraph) -> tf.compat.v1.Session:
    """A session on the fused graph, restored and initialised."""
    built = tf.Graph()
    with built.as_default():
        try:
            tf.import_graph_def(
                fused.graph_def,
                name="",
                producer_op_list=serving.meta_graph.meta_info_def.stripped_op_list,
            )
        except ValueError as error:
            raise NotFusableError(f"the fused graph is not valid: {error}") from error
    config = tf.compat.v1.ConfigProto(allow_soft_placement=True)
    # One model's graph was optimized before it was copied.
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
