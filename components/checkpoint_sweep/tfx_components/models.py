"""Finds the SavedModel in a Model artifact."""

from collections.abc import Callable

from tfx.utils import path_utils

from checkpoint_sweep.common.files import files_below, special_file
from checkpoint_sweep.saved_model.saved_model import SavedModelError


def saved_model(uri: str, is_old_artifact: bool = False) -> str:
    """Finds the SavedModel's directory in a Model artifact; whether there is one is not checked.

    Raises:
        SavedModelError: The artifact holds several exports, or something that is no file.
    """
    return _path(uri, lambda: path_utils.serving_model_path(uri, is_old_artifact))


def eval_saved_model(uri: str) -> str:
    """Finds the SavedModel for evaluation in a Model artifact; that for serving without one.

    Raises:
        SavedModelError: The artifact holds several, or something that is no file.
    """
    return _path(uri, lambda: path_utils.eval_model_path(uri))


def _path(uri: str, find: Callable[[], str]) -> str:
    try:
        directory = find()
    except (RuntimeError, ValueError) as error:
        raise SavedModelError(
            f"The model artifact {uri} has several exports. Export one SavedModel to "
            "fn_args.serving_model_dir in the Trainer."
        ) from error
    if path := special_file(files_below(directory)):
        raise SavedModelError(
            f"{path} is not a regular file, and reading it may never end. Export the model again."
        )
    return directory
