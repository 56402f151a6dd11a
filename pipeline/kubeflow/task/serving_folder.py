"""Which model a folder stands for: itself, a TFX model artifact's, or its newest version's."""

import os
from collections.abc import Callable, Collection

from checkpoint_sweep.common.errors import UserError

# Properties of the artifact that is a copy of the model to compare with.
SOURCE = "source"
NO_MODEL = "none"

MODEL_FORMAT = "Format-Serving"  # folder of the SavedModel in a TFX model artifact
_SAVED_MODEL = "saved_model.pb"


class BaselineError(UserError):
    """There is no model where one is named; the message says where and what to do."""


def model_in(
    folder: str,
    list_folder: Callable[[str], Collection[str]],
    exists: Callable[[str], bool],
) -> str | None:
    """Finds the folder of the SavedModel that a folder stands for; None if there is nothing.

    A version that is not whole, as one that is being pushed, is ignored.

    Args:
        folder: Folder of a SavedModel, of a model artifact, or of numbered versions.
        list_folder: Gives the names in a folder, none if it is not there.
        exists: Returns whether there is such a file.

    Raises:
        BaselineError: there is something, but no model.
    """
    for candidate in (folder, os.path.join(folder, MODEL_FORMAT)):
        if exists(os.path.join(candidate, _SAVED_MODEL)):
            return candidate
    names = [name.rstrip("/") for name in list_folder(folder)]
    for version in sorted(filter(str.isdecimal, names), key=int, reverse=True):
        candidate = os.path.join(folder, version)
        if exists(os.path.join(candidate, _SAVED_MODEL)):
            return candidate
    if names:
        shown = ", ".join(sorted(names)[:5])
        raise BaselineError(
            f"There is no SavedModel in {folder}, and no numbered version with one; there is: "
            f"{shown}. Name the folder with saved_model.pb, or that of the versions, as baseline."
        )
    return None
