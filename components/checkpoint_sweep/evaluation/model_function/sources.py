"""Candidates as an eval graph takes them: where in their weights each of its variables is."""

import os
from collections.abc import Sequence

import tensorflow as tf

from checkpoint_sweep.model_run.candidates import find_mapping
from checkpoint_sweep.model_run.checkpoints import Checkpoint
from checkpoint_sweep.model_run.exported_model import ExportedModel
from checkpoint_sweep.saved_model.eval_graph import EvalGraph
from checkpoint_sweep.saved_model.model_source import VARIABLES, ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle, UnreadableError


class EvalSources:
    """Makes of each candidate the model that has its weights and the eval graph.

    Which tensors of a checkpoint the eval graph takes, such as moving averages, is seen as for the
    exported model: one of the checkpoints has to reproduce the weights beside the graph.

    Args:
        graph: Eval graph.
        exported: SavedModel whose graph every candidate has.
        checkpoints: All checkpoints of the run.

    Raises:
        ExportedModelError: The graph is not in `exported`, and no checkpoint reproduces the weights
            beside it.
    """

    def __init__(
        self, graph: EvalGraph, exported: SavedModel, checkpoints: Sequence[Checkpoint]
    ) -> None:
        self._saved_model = graph.saved_model
        index = f"{os.path.join(graph.saved_model.directory, VARIABLES)}.index"
        is_exported = graph.saved_model.directory == exported.directory
        self._is_as_exported = is_exported or not tf.io.gfile.exists(index)
        if not self._is_as_exported:
            self._own = ExportedModel(graph.saved_model)
            _, self._mapping = find_mapping(self._own, checkpoints)
            self._prefixes = {checkpoint.prefix for checkpoint in checkpoints}

    def of(self, candidate: ModelSource) -> ModelSource:
        """Returns the model of a candidate.

        Args:
            candidate: Checkpoint; or an average, which has the exported model's own keys.
        """
        if self._is_as_exported:
            return candidate
        keys: dict[str, str] = {}
        if candidate.weights in self._prefixes:
            try:
                found = self._mapping.keys(self._own.bundle, TensorBundle(candidate.weights))
            except UnreadableError:
                found = {}  # Who loads it will say so.
            keys = {key: name for key, name in found.items() if key != name}
        return ModelSource(candidate.name, self._saved_model, candidate.weights, keys)
