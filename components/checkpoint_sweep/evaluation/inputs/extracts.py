"""TFMA's batched extracts and a signature's inputs, made of Arrow RecordBatches."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.api import types as tfma_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.utils import model_util, util

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.evaluation import tfma_internals

# The conversion of columns names the feature that does not fit so.
_HANDLING = re.compile(r"handling tensor ('[^']*')")


class InputError(UserError):
    """The examples do not have the features that are read; the message says which."""


def extract(
    batch: pa.RecordBatch,
    representations: Mapping[str, schema_pb2.TensorRepresentation],
    wanted: Collection[str] | None,
) -> dict[str, Any]:
    """Extracts features and serialized examples by TFMA's own extractor.

    Args:
        batch: Batch with the serialized examples in ``tfma.ARROW_INPUT_COLUMN``, if the models
            need them.
        representations: Tensor representations, by which columns become tensors; TFMA's default for
            those not named.
        wanted: Names of the features to convert; None for all.

    Returns:
        Batched extracts, as they are before TFMA's unbatching.

    Raises:
        InputError: A feature is missing, or has too many values, in some examples.
    """
    if wanted is not None:
        kept = columns_of_features(wanted, representations) | {constants.ARROW_INPUT_COLUMN}
        representations = {k: v for k, v in representations.items() if k in wanted}
        names = [name for name in batch.schema.names if name in kept]
        batch = pa.RecordBatch.from_arrays([batch.column(n) for n in names], names)
    batch, serialized = tfma_internals.split_serialized(batch)
    batch = _without_empty_columns(batch, representations)
    try:
        features = (
            util.record_batch_to_tensor_values(batch, representations) if batch.columns else {}
        )
    except Exception as error:
        name = _HANDLING.search(str(error))
        raise InputError(
            f"The feature {name.group(1) if name else '?'} does not have as many values as the "
            f"schema says, in some of {batch.num_rows:,} examples that were read together. "
            "Correct the "
            "data or the schema."
        ) from error
    return {constants.FEATURES_KEY: features, constants.INPUT_KEY: serialized}


def _without_empty_columns(
    batch: pa.RecordBatch, representations: Mapping[str, schema_pb2.TensorRepresentation]
) -> pa.RecordBatch:
    """Leaves out columns of nulls alone, as a reader does that has no schema.

    A batch that is cut, or of which a race takes a share, may have such. TFMA would take None for
    the value of all its examples.
    """
    kept = columns_of_features(representations, representations)
    names = [
        name
        for name in batch.schema.names
        if name in kept or batch.column(name).null_count < max(1, batch.num_rows)
    ]
    if len(names) == len(batch.schema.names):
        return batch
    return pa.RecordBatch.from_arrays([batch.column(name) for name in names], names)


def add_labels_and_weights(
    extracts: Mapping[str, Any], eval_config: config_pb2.EvalConfig, size: int
) -> dict[str, Any]:
    """Adds labels and example weights to extracts, looked up by TFMA among all features.

    A feature that the config names, and no example of the batch has, is there without values, as
    it is where some examples have it. TFMA would take such examples' weight for 1.

    Args:
        extracts: Batched extracts with their features.
        eval_config: Config that names labels and weights.
        size: Number of examples of the batch.
    """
    result = dict(extracts)
    specs = list(eval_config.model_specs)
    for name, single, several in (
        (constants.LABELS_KEY, "label_key", "label_keys"),
        (constants.EXAMPLE_WEIGHTS_KEY, "example_weight_key", "example_weight_keys"),
    ):
        found = model_util.get_feature_values_for_model_spec_field(
            specs, single, several, result, True
        )
        by_model = found if len(specs) > 1 else {spec.name: found for spec in specs}
        for spec in specs:
            if getattr(spec, single) or getattr(spec, several):
                by_model[spec.name] = _without_none(by_model[spec.name], size)
        if name == constants.EXAMPLE_WEIGHTS_KEY:  # TFMA has no entry for a model without weights.
            by_model = {model: value for model, value in by_model.items() if value is not None}
        if name == constants.LABELS_KEY or by_model:
            result[name] = by_model if len(specs) > 1 else next(iter(by_model.values()), None)
    return result


def split_by_example(extracts: Mapping[str, Any], size: int) -> list[dict[str, Any]]:
    """Splits batched extracts as TFMA does, which leaves out a feature that no example has.

    Args:
        extracts: Batched extracts.
        size: Number of examples of the batch.
    """
    split: list[dict[str, Any]] = util.split_extracts(_with_empty_rows(extracts, size))
    return split


def _with_empty_rows(value: Any, size: int) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_empty_rows(inner, size) for key, inner in value.items()}
    if isinstance(value, tfma_types.VarLenTensorValue) and not value.indices.size:
        return [np.array([])] * size
    return value


def _without_none(value: Any, size: int) -> Any:
    """Returns features, one or one for each output, with no values in place of None."""
    if isinstance(value, Mapping):
        return {output: _without_none(inner, size) for output, inner in value.items()}
    if value is not None:
        return value
    return tfma_types.VarLenTensorValue(
        np.zeros(0, np.float32), np.zeros((0, 2), np.int64), np.array([size, 0])
    )


def columns_of_features(
    features: Collection[str], representations: Mapping[str, schema_pb2.TensorRepresentation]
) -> set[str]:
    """Finds the columns of a RecordBatch that features are made of."""
    result = set(features)
    for name, representation in representations.items():
        if name in features:
            result |= _source_columns(representation)
    return result


def features_of_inputs(inputs: Collection[str]) -> set[str]:
    """Names the features that inputs of a signature take; Keras appends ``_input`` to some."""
    return {*inputs, *(name.removesuffix("_input") for name in inputs)}


def label_and_weight_features(eval_config: config_pb2.EvalConfig) -> set[str]:
    """Names the features that hold labels and example weights."""
    names: set[str] = set()
    for spec in eval_config.model_specs:
        names |= {spec.label_key, *spec.label_keys.values()}
        names |= {spec.example_weight_key, *spec.example_weight_keys.values()}
    return names - {""}


def signature_inputs(
    specs: Mapping[str, tf.TensorSpec], extracts: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Makes the feeds of a signature: features if it names features, else serialized examples.

    Args:
        specs: Inputs of the signature, by argument name.
        extracts: Extracts of the batch.

    Raises:
        InputError: The inputs are neither features nor serialized examples.
    """
    features = extracts[constants.FEATURES_KEY]
    found = {name: model_util.find_input_name_in_features(set(features), name) for name in specs}
    if len(specs) == 1:
        found = {n: f for n, f in found.items() if not _takes_examples(specs[n], features.get(f))}
    if len(found) == len(specs) and all(found.values()):
        _check_dense({name: features[found[name]] for name in specs})
        return {name: _dense(name, features[found[name]], spec) for name, spec in specs.items()}
    serialized = extracts[constants.INPUT_KEY]
    if len(specs) == 1 and serialized is not None:
        (name,) = specs
        if specs[name].dtype == tf.string:
            return {name: serialized.ravel()}
    missing = sorted(name for name in specs if found.get(name) is None)
    raise InputError(
        f"The signature's inputs {missing} are neither features of the examples nor a single "
        f"string input for serialized examples (column {constants.ARROW_INPUT_COLUMN!r}). "
        "Choose another signature with ModelSpec.signature_name."
    )


def _takes_examples(spec: tf.TensorSpec, feature: Any) -> bool:
    """Tells whether a lone input of text is given another feature of its name than text."""
    values = getattr(feature, "values", feature)  # Of a sparse or ragged one.
    return spec.dtype == tf.string and getattr(values, "dtype", np.dtype(object)).kind not in "OSU"


def _check_dense(values: Mapping[str, Any]) -> None:
    """Checks that all inputs have a dense feature, each of which has a value in every example."""
    names = [repr(name) for name, value in values.items() if not isinstance(value, np.ndarray)]
    if names:
        are = f"inputs {', '.join(names)} are" if len(names) > 1 else f"input {names[0]} is"
        those = "those features are" if len(names) > 1 else "that feature is"
        raise InputError(
            f"The signature's {are} dense, but {those} missing or ragged in some examples. Give a "
            "schema with a default value, or a signature that parses serialized examples."
        )


def _dense(name: str, value: np.ndarray, spec: tf.TensorSpec) -> np.ndarray:
    """Makes a feature the dense array that the signature's input expects."""
    shape = spec.shape
    if shape.rank is not None and shape.rank > 0:
        value = value.reshape(value.shape[:1] + tuple(-1 if d is None else d for d in shape[1:]))
    if spec.dtype == tf.string:
        return value
    if value.dtype.kind in "OSU":
        raise InputError(
            f"The signature's input {name!r} is {spec.dtype.name}, and that feature of the "
            "examples is text. Choose another signature with ModelSpec.signature_name."
        )
    return _cast(name, value, spec.dtype)


def _cast(name: str, value: np.ndarray, dtype: tf.DType) -> np.ndarray:
    """Casts a feature to the type of an input; from float to float it may be rounded.

    Raises:
        InputError: A value is another afterwards: stock TFMA, and serving, refuse the type.
    """
    with np.errstate(invalid="ignore"):
        result = value.astype(dtype.as_numpy_dtype)
        if dtype.is_floating and value.dtype.kind == "f":
            return result
        # Compared as numbers of both types: NumPy compares integers to floats as floats.
        changed = (result.astype(value.dtype) != value) | (result != value)
    if changed.any():
        raise InputError(
            f"The signature's input {name!r} is {dtype.name}, and that feature of the examples is "
            f"{value.dtype.name}, with values that {dtype.name} does not hold: "
            f"{value[changed][0]}. Export a signature that takes {value.dtype.name}, or write "
            f"the feature as {dtype.name}."
        )
    return result


def _source_columns(representation: schema_pb2.TensorRepresentation) -> set[str]:
    """Finds the columns of the RecordBatch that a representation reads."""
    kind = representation.WhichOneof("kind")
    if not kind:
        return set()
    value: Any = getattr(representation, kind)
    if kind == "sparse_tensor":
        return {*value.index_column_names, value.value_column_name}
    if kind == "ragged_tensor":
        steps = {value.feature_path.step[0]}
        return steps | {p.row_length for p in value.partition if p.row_length}
    return {value.column_name}
