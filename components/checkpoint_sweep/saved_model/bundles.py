"""Tensor bundles: do a model's weights fit the graph?"""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf
from checkpoint_sweep.saved_model.model_source import ModelSource

_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class SavedTensor:
    """One output of a RestoreV2.

    Attributes:
        key: in the SavedModel's own bundle.
        slice_spec: RestoreV2's ``shape_and_slices``: empty, or ``"full shape, then slice"``.
        dtype: of the tensor.
        shape: full shape where the graph states it, otherwise None.
    """

    key: str
    slice_spec: str
    dtype: tf.DType
    shape: tuple[int, ...] | None


def prefix(model: ModelSource) -> str:
    """The bundle's prefix: ``weights`` itself, or the latest checkpoint of that directory.

    Raises:
        FileNotFoundError: there is no bundle.
    """
    found = model.weights
    if tf.io.gfile.isdir(found):
        found = tf.train.latest_checkpoint(found) or found
    if not tf.io.gfile.exists(found + ".index"):
        raise FileNotFoundError(
            f"The weights of model {model.name!r} were not found: there is no {found}.index."
        )
    return found


def key_of(model: ModelSource, key: str) -> str:
    """The key in the model's weights for a key of the SavedModel's own bundle."""
    return model.keys.get(key, key)


def check(model: ModelSource, tensors: Sequence[SavedTensor]) -> None:
    """Checks that the model's weights have every tensor, with the dtype and shape of the graph.

    Raises:
        FileNotFoundError: there is no bundle.
        ValueError: tensors are missing or do not fit; names the bundle and the first few.
    """
    if not tensors:
        return
    reader = tf.train.load_checkpoint(prefix(model))
    shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    missing, different = [], []
    for tensor in tensors:
        key = key_of(model, tensor.key)
        if key not in shapes:
            missing.append(key)
        elif dtypes[key] != tensor.dtype:
            different.append(f"{key}: {dtypes[key].name}, graph {tensor.dtype.name}")
        elif tensor.shape is not None and tuple(shapes[key]) != tensor.shape:
            different.append(f"{key}: {tuple(shapes[key])}, graph {tensor.shape}")
    where = f"The weights of model {model.name!r} ({prefix(model)})"
    if missing:
        raise ValueError(
            f"{where} lack {len(missing)} of the {len(tensors)} tensors that {model.saved_model} "
            f"restores: {_some(missing)}. Map them with `keys`, or use the SavedModel's graph "
            "that belongs to these weights."
        )
    if different:
        raise ValueError(
            f"{where} do not fit the graph in {model.saved_model}: {_some(different)}."
        )


def _some(items: Sequence[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more
