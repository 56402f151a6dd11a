"""What is fed to a signature: features by name, or the serialized examples."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_model_analysis import constants

from checkpoint_sweep.evaluation.inputs.extracts import InputError, signature_inputs

_SERIALIZED = np.array([b"first", b"second"], object)


def _inputs(spec: tf.TensorSpec, value: Any) -> np.ndarray:
    extracts = {constants.FEATURES_KEY: {"inputs": value}, constants.INPUT_KEY: _SERIALIZED}
    return signature_inputs({"inputs": spec}, extracts)["inputs"]


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        (tf.string, np.array([[0.5], [1.5]], np.float32), [b"first", b"second"]),
        (tf.string, np.array([[1], [2]]), [b"first", b"second"]),
        (tf.string, np.array([[b"a"], [b"b"]], object), [b"a", b"b"]),
        (tf.float32, np.array([[1], [2]]), [1.0, 2.0]),
        (tf.int32, np.array([[1.0], [2.0]], np.float32), [1, 2]),
        (tf.bool, np.array([[1], [0]]), [True, False]),
    ],
)
def test_what_is_fed(dtype: tf.DType, value: np.ndarray, expected: list[Any]) -> None:
    assert _inputs(tf.TensorSpec([None], dtype), value).tolist() == expected


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (tf.int64, np.array([[0.5], [1.0]], np.float32)),
        (tf.int32, np.array([[2**40], [1]])),
        (tf.float32, np.array([[2**24 + 1], [1]])),
        (tf.int64, np.array([[np.nan], [1.0]], np.float32)),
    ],
)
def test_numbers_are_converted_only_where_nothing_is_lost(
    dtype: tf.DType, value: np.ndarray
) -> None:
    with pytest.raises(InputError, match="does not hold the value"):
        _inputs(tf.TensorSpec([None], dtype), value)
