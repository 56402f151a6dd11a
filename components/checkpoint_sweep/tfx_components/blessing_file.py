"""Writes the standard part of a blessing artifact."""

import os

import tensorflow as tf
from tfx import types
from tfx.components.evaluator import constants


def write_blessing_file(artifact: types.Artifact, blessed: bool, reason: str) -> None:
    """Writes BLESSED or NOT_BLESSED, with the reason in it, and sets the property `blessed`.

    Only the file's name counts for TFX; the stock Evaluator leaves it empty.
    """
    name = constants.BLESSED_FILE_NAME if blessed else constants.NOT_BLESSED_FILE_NAME
    with tf.io.gfile.GFile(os.path.join(artifact.uri, name), "w") as file:
        file.write(reason + "\n")
    artifact.set_int_custom_property(
        constants.ARTIFACT_PROPERTY_BLESSED_KEY,
        constants.BLESSED_VALUE if blessed else constants.NOT_BLESSED_VALUE,
    )
