"""The exported SavedModel whose graph every candidate has."""

import os

import numpy as np
import tensorflow as tf

from checkpoint_sweep.common.error_messages import remedy
from checkpoint_sweep.common.files import check_access
from checkpoint_sweep.model_run.checkpoints import CheckpointError
from checkpoint_sweep.saved_model.copies import find_copies
from checkpoint_sweep.saved_model.model_source import VARIABLES
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.signature_variables import signature_variables
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle, UnreadableError


class ExportedModelError(CheckpointError):
    """The exported SavedModel and the checkpoints do not belong together."""


class ExportedModel:
    """The weights of an exported SavedModel.

    Attributes:
        saved_model: SavedModel itself.
        bundle: Bundle of its variables.
        tensors: Values of all variables, by key.
        needed: Keys that a checkpoint must have. In a TensorFlow 2 export these are the keys that a
            signature reads: it may also hold the states of metrics and of the optimizer.
        copies: Needed key by each further key under which the same variable is held.

    Args:
        saved_model: SavedModel that was exported.

    Raises:
        ExportedModelError: It has no variables, they are unreadable, no signature reads one, or a
            file in it is a link out of it.
    """

    def __init__(self, saved_model: SavedModel) -> None:
        self.saved_model = saved_model
        _check_links(saved_model.directory)
        prefix = os.path.join(saved_model.directory, VARIABLES)
        advice = "Export a SavedModel with variables, not a frozen graph."
        check_access(os.path.dirname(prefix))
        if not tf.io.gfile.exists(prefix + ".index"):
            raise ExportedModelError(
                f"The exported model has no weights: there is no {prefix}.index. {advice}"
            )
        try:
            self.bundle = TensorBundle(prefix)
            self.tensors: dict[str, np.ndarray] = {
                key: np.asarray(self.bundle.read(key)) for key in self.bundle.shapes
            }
        except UnreadableError as error:
            raise ExportedModelError(
                f"The weights of the exported model at {prefix} are unreadable: {error}. "
                + remedy(error, "Export it again.")
            ) from error
        self.needed = needed_keys(saved_model, self.bundle)
        if not self.needed:
            if self.bundle.graph is not None:
                advice += (
                    " With Keras 3, export with keras.export.ExportArchive: tf.saved_model.save "
                    "omits its variables."
                )
            raise ExportedModelError(
                f"No signature of the exported model {saved_model.directory} reads a variable. "
                f"{advice}"
            )
        self.copies = find_copies(saved_model, self.bundle.graph)

    @property
    def step(self) -> int | None:
        """Step that the export names; None when it names none, or what it names is no number."""
        value = self.tensors.get("global_step")
        if value is None or value.shape or value.dtype.kind not in "iuf" or not np.isfinite(value):
            return None
        return int(value)


def _check_links(directory: str) -> None:
    """Checks that no file that is exported with other weights is a link out of the model.

    What it leads to would be copied, and served. Graph and weights are not copied as they are.
    """
    if "://" in directory:
        return
    root = os.path.realpath(directory)
    for folder, folders, names in os.walk(directory):  # Links to folders are not followed.
        for path in (os.path.join(folder, name) for name in (*folders, *names)):
            real, what = os.path.realpath(path), "folder" if os.path.isdir(path) else "file"
            own = os.path.relpath(path, directory).startswith(("saved_model.pb", "variables"))
            leads_out = os.path.commonpath([root, real]) != root
            if not own and (leads_out or (what == "folder" and os.path.islink(path))):
                where = "out of" if leads_out else "within"
                raise ExportedModelError(
                    f"{path} is a link {where} the exported model, to {real}, and would be "
                    f"exported. Put the {what} itself there."
                )


def needed_keys(saved_model: SavedModel, bundle: TensorBundle) -> frozenset[str]:
    """Finds the keys that a checkpoint must have.

    Args:
        saved_model: SavedModel that was exported.
        bundle: Bundle of its variables.
    """
    read = signature_variables(saved_model) if bundle.graph else None
    return frozenset(bundle.shapes if read is None else read)
