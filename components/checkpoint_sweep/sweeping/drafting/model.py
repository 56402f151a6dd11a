"""The inputs and outputs of a SavedModel, as far as its signature tells."""

import dataclasses
import math
from collections.abc import Collection, Mapping

import tensorflow as tf
from tensorflow_model_analysis.utils import model_util

from checkpoint_sweep.saved_model.parsed_features import parsed_features
from checkpoint_sweep.saved_model.saved_model import SavedModel

UNKNOWN = -1


@dataclasses.dataclass(frozen=True)
class Model:
    """The inputs and outputs of a model.

    Attributes:
        signature: Name of the signature that TFMA evaluates when none is named.
        outputs: Outputs that are numbers, by name, and how many each has for an example, or
            UNKNOWN.
        asks_for: Features that it is given; empty where this cannot be told.
        has_vocabulary: Whether it gives the names of its classes, by which TFMA finds the classes
            of labels that are text.
        parses: Features that it parses, whether or not it predicts from them.
    """

    signature: str
    outputs: Mapping[str, int]
    asks_for: Collection[str]
    has_vocabulary: bool = False
    parses: Collection[str] = frozenset()


def look_into(saved_model: SavedModel, features: Collection[str]) -> Model:
    """Reads a model's signature.

    Args:
        saved_model: SavedModel to draft for.
        features: Features of the examples.

    Raises:
        SavedModelError: There is none.
    """
    name = saved_model.default_signature
    signature = saved_model.signatures[name]
    outputs = {
        key: _columns(tensor.tensor_shape)
        for key, tensor in sorted(signature.outputs.items())
        if tensor.dtype != tf.string.as_datatype_enum
    }
    known = {
        found
        for given in signature.inputs
        if (found := model_util.find_input_name_in_features(set(features), given)) is not None
    }
    parsed = frozenset() if known else frozenset(parsed_features(saved_model))
    texts = signature.outputs.keys() - outputs.keys()
    return Model(
        name,
        outputs,
        frozenset(known) or parsed,
        # As TFMA looks for it.
        "all_classes" in texts or ("classes" in texts and "scores" in outputs),
        parsed,
    )


def _columns(shape: "tf.TensorShapeProto") -> int:
    """Counts the values of an example: those of all dimensions after the first."""
    if shape.unknown_rank:
        return UNKNOWN
    sizes = [dimension.size for dimension in shape.dim[1:]]
    return UNKNOWN if any(size < 0 for size in sizes) else math.prod(sizes)
