"""The exported SavedModel whose graph every candidate has."""

import os

import numpy as np
import tensorflow as tf
from checkpoint_sweep.evaluation import fused
from checkpoint_sweep.model_run.checkpoints import CheckpointError
from checkpoint_sweep.saved_model.tensor_bundle import Bundle
from checkpoint_sweep.saved_model.weight_swap import VARIABLES


class TemplateError(CheckpointError):
    """The exported SavedModel and the checkpoints do not belong together."""


class Template:
    """The weights of an exported SavedModel.

    Attributes:
        directory: of the SavedModel.
        bundle: its variables.
        tensors: all of their values, by key.
        needed: keys that a checkpoint must have. In a TensorFlow 2 export those that a signature
            reads: it may also hold the states of metrics and of the optimizer.

    Args:
        directory: of the SavedModel.

    Raises:
        TemplateError: it has no variables.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        prefix = os.path.join(directory, VARIABLES)
        advice = "Export a SavedModel with variables (not a frozen graph) in the Trainer."
        if not tf.io.gfile.exists(prefix + ".index"):
            raise TemplateError(
                f"The exported model has no weights: there is no {prefix}.index. {advice}"
            )
        try:
            self.bundle = Bundle(prefix)
            self.tensors: dict[str, np.ndarray] = {
                key: np.asarray(self.bundle.read(key)) for key in self.bundle.shapes
            }
        except (tf.errors.OpError, ValueError) as error:
            raise TemplateError(
                f"The weights of the exported model at {prefix} are unreadable: {error}. Export "
                "it again."
            ) from error
        served = fused.served_keys(directory) if self.bundle.graph else None
        self.needed = frozenset(self.tensors if served is None else served)
        if not self.needed:
            raise TemplateError(
                f"No signature of the exported model {directory} reads a variable. {advice}"
            )

    @property
    def step(self) -> int | None:
        """The step that the export names; None when it names none."""
        value = self.tensors.get("global_step")
        return None if value is None else int(value)
