"""Finds the SavedModel in a Model artifact, and whether it can be read."""

import tensorflow as tf
from tfx.utils import path_utils

from checkpoint_sweep.common.files import files_below, special_file
from checkpoint_sweep.saved_model import tensor_bundle
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.signature_variables import signature_variables
from checkpoint_sweep.saved_model.signatures import SavedModelError


def saved_model(uri: str, is_old_artifact: bool = False) -> str:
    """The SavedModel's directory in a Model artifact; whether there is one is not checked.

    Raises:
        SavedModelError: the artifact holds several exports, or something that is no file.
    """
    try:
        directory: str = path_utils.serving_model_path(uri, is_old_artifact)
    except (RuntimeError, ValueError) as error:
        raise SavedModelError(
            f"The model artifact {uri} holds several exports. Export one SavedModel "
            "to fn_args.serving_model_dir in the Trainer."
        ) from error
    if path := special_file(files_below(directory)):
        raise SavedModelError(
            f"{path} is no regular file, and reading it might wait for ever. Export the model "
            "again."
        )
    return directory


def check_weights(model: ModelSource) -> None:
    """Checks that all of a SavedModel's own weights can be read.

    Args:
        model: with the weights of its SavedModel.

    Raises:
        SavedModelError: they are missing or damaged.
    """
    if not tf.io.gfile.exists(model.own_weights + ".index"):
        if signature_variables(model.saved_model):
            raise SavedModelError(
                f"The {model.name} model has no weights: there is no {model.own_weights}.index. "
                "Export it again, or give another."
            )
        return
    if reason := tensor_bundle.unreadable(model):
        raise SavedModelError(
            f"The weights of the {model.name} model at {model.own_weights} are unreadable: "
            f"{reason}. Export it again, or give another."
        )
