"""The newest of the SavedModels that an Estimator exports into one folder, named by their time."""

import os
import re

import tensorflow as tf
from absl import logging

from checkpoint_sweep.common.files import check_access
from checkpoint_sweep.saved_model.saved_model import SavedModel, SavedModelError

# `Estimator.export_saved_model` names them by seconds since 1970, and what it writes at the moment
# so too, behind "temp-". TensorFlow Serving counts versions.
_VERSION = re.compile(r"\d+")
_UNFINISHED = re.compile(r"temp-.*")


def find_export(directory: str) -> str:
    """Finds the SavedModel that a directory stands for, and says so where it is a folder in it.

    Args:
        directory: Directory of a SavedModel; or one that has none itself, but folders whose names
            are numbers, such as 1796049672, of which the one with the largest is taken.

    Returns:
        The directory of the SavedModel; `directory` itself where there is none in it.

    Raises:
        SavedModelError: There are SavedModels in it under other names: one has to be named.
    """
    if SavedModel(directory).exists():
        return directory
    found = _exports_in(directory)
    numbered = [name for name in found if _VERSION.fullmatch(name)]
    if not found:
        return directory
    if len(numbered) < len(found):
        named = " or ".join(os.path.join(directory, name) for name in found[:3])
        raise SavedModelError(
            f"There is no saved_model.pb in {directory}, but in folders in it. Name one of these, "
            f"such as {named}."
        )
    newest = os.path.join(directory, max(numbered, key=int))
    of = "the only export" if len(numbered) == 1 else f"the newest of {len(numbered)} exports"
    logging.warning("Using the model %s, %s in %s.", newest, of, directory)
    return newest


def _exports_in(directory: str) -> list[str]:
    check_access(directory)
    try:
        names = tf.io.gfile.listdir(directory)
    except tf.errors.OpError:  # It is no directory, or is not there yet.
        return []
    names = sorted(name.rstrip("/") for name in names)
    return [
        name
        for name in names
        if not _UNFINISHED.fullmatch(name) and SavedModel(os.path.join(directory, name)).exists()
    ]
