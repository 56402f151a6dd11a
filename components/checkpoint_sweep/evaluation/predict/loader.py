"""The loader of models: fused where graphs are equal and can be split, otherwise separate."""

import dataclasses
import logging
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from checkpoint_sweep.evaluation.predict.fixed_batch import predict_all
from checkpoint_sweep.evaluation.predict.fused import FusedModels
from checkpoint_sweep.evaluation.predict.graph_digest import digest_of_serving_graph
from checkpoint_sweep.evaluation.predict.predictor import Arrays, Predictor
from checkpoint_sweep.evaluation.predict.separate import SeparateModels
from checkpoint_sweep.saved_model import graph
from checkpoint_sweep.saved_model.model_source import ModelSource

_LOG = logging.getLogger(__name__)


class LoadedModels:
    """K models, fused by graph; a ``Predictor``.

    Attributes:
        input_specs: Dtype and shape of the signature's inputs, of all graphs, by argument name.
        output_names: Names of the signature's outputs that all graphs have, sorted.
    """

    def __init__(
        self,
        models: Sequence[ModelSource],
        signature_name: str = "serving_default",
    ) -> None:
        """Loads models of one or several graphs, for example a candidate and a baseline.

        All are loaded at once: pass one group of ``plan_groups`` to stay within a memory budget.

        Args:
            models: Models to load, at least one.
            signature_name: Name of the signature in the SavedModels.

        Raises:
            FileNotFoundError: A SavedModel or a bundle is not there.
            ValueError: There is no such signature, weights do not fit a graph, or the signatures of
                graphs have different inputs or outputs.
        """
        if not models:
            raise ValueError("There are no models to load.")
        self._count = len(models)
        self._parts: list[tuple[list[int], Predictor]] = []
        try:
            for indices in _by_graph(models, signature_name):
                group = [models[index] for index in indices]
                self._parts.append((indices, _load_group(group, signature_name)))
        except BaseException:
            self.close()
            raise
        self.input_specs: Mapping[str, tf.TensorSpec] = {
            name: spec
            for _, predictor in self._parts
            for name, spec in predictor.input_specs.items()
        }
        names = [set(predictor.output_names) for _, predictor in self._parts]
        self.output_names: Sequence[str] = tuple(sorted(set.intersection(*names)))

    def predict(self, inputs: Mapping[str, np.ndarray]) -> list[Arrays]:
        """Predicts one batch with all models, in the order of loading; see ``Predictor``."""
        result: list[Arrays] = [{} for _ in range(self._count)]
        for indices, predictor in self._parts:
            found = predict_all(predictor.predict, predictor.input_specs, inputs)
            for index, outputs in zip(indices, found, strict=True):
                result[index] = outputs
        return result

    def close(self) -> None:
        """Frees the weights and tables."""
        for _, predictor in self._parts:
            predictor.close()


def _by_graph(models: Sequence[ModelSource], signature_name: str) -> list[list[int]]:
    """Groups the indices of models that can share a graph, in order of first appearance."""
    saved_models = {model.saved_model for model in models}
    if len(saved_models) == 1:
        return [list(range(len(models)))]
    prints = {saved_model: saved_model.fingerprint for saved_model in saved_models}
    if len(set(prints.values())) > 1:
        prints = {
            saved_model: digest_of_serving_graph(saved_model, signature_name)
            for saved_model in saved_models
        }
    groups: dict[str, list[int]] = {}
    for index, model in enumerate(models):
        groups.setdefault(prints[model.saved_model], []).append(index)
    return list(groups.values())


def _load_group(models: Sequence[ModelSource], signature_name: str) -> Predictor:
    try:
        return FusedModels(_in_one_graph(models), signature_name)
    except (graph.OpaqueGraphError, tf.errors.OpError) as error:
        _LOG.warning(
            "Loading %d models separately, because their graph (%s) cannot be fused: %s",
            len(models),
            models[0].saved_model.directory,
            error,
        )
        return SeparateModels(models, signature_name)


def _in_one_graph(models: Sequence[ModelSource]) -> list[ModelSource]:
    """Gives models that can share a graph the SavedModel of the first, where theirs differ."""
    shared = models[0].saved_model
    return [
        model
        if model.saved_model.fingerprint == shared.fingerprint
        else dataclasses.replace(model, saved_model=shared)
        for model in models
    ]
