"""Checks that the weights of a model that is evaluated as exported can be read."""

import os

import tensorflow as tf

from checkpoint_sweep.common.error_messages import remedy
from checkpoint_sweep.common.files import check_access
from checkpoint_sweep.saved_model import tensor_bundle
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModelError
from checkpoint_sweep.saved_model.signature_variables import signature_variables


def check_weights(model: ModelSource) -> None:
    """Checks that all of a SavedModel's own weights can be read.

    Args:
        model: Model with the weights of its SavedModel.

    Raises:
        SavedModelError: They are missing or damaged.
        PermissionError: Their folder may not be read.
    """
    check_access(os.path.dirname(model.own_weights))
    if not tf.io.gfile.exists(model.own_weights + ".index"):
        if signature_variables(model.saved_model):
            raise SavedModelError(
                f"The {model.name} model has no weights: there is no {model.own_weights}.index. "
                "Export it again, or give another."
            )
        return
    if reason := tensor_bundle.unreadable_reason(model):
        raise SavedModelError(
            f"The weights of the {model.name} model at {model.own_weights} are unreadable: "
            f"{reason}. {remedy(reason, 'Export it again, or give another.')}"
        )
