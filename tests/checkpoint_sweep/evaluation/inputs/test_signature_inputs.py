"""Features are fed by name, where no value changes, and a lone text input takes examples."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_model_analysis import constants

from checkpoint_sweep.evaluation.inputs.extracts import InputError, signature_inputs


def _fed(values: list, given: str, taken: tf.DType) -> np.ndarray:
    extracts = {
        constants.FEATURES_KEY: {"x": np.array(values, given)[:, None]},
        constants.INPUT_KEY: None,
    }
    return signature_inputs({"x": tf.TensorSpec([None, 1], taken)}, extracts)["x"].ravel()


@pytest.mark.parametrize(
    ("values", "given", "taken"),
    [
        ([1.0, 2.0], "float32", tf.float32),
        ([1.0, -2.0], "float32", tf.int64),
        ([1, 2], "int64", tf.float32),
        ([0, 1], "int64", tf.bool),
        ([1, 255], "int64", tf.uint8),
        ([0.1, np.nan, np.inf], "float32", tf.float64),
        ([0.1, np.nan, np.inf], "float32", tf.float16),
    ],
)
def test_what_fits_is_cast(values: list, given: str, taken: tf.DType) -> None:
    found = _fed(values, given, taken)
    assert found.dtype == taken.as_numpy_dtype
    np.testing.assert_allclose(found.astype(np.float64), values, rtol=1e-3)


@pytest.mark.parametrize(
    ("values", "given", "taken", "shown"),
    [
        ([1.0, 0.5], "float32", tf.int64, "0.5"),
        ([np.nan], "float32", tf.int64, "nan"),
        ([1e30], "float32", tf.int64, "30"),
        ([1, 2], "int64", tf.bool, "2"),
        ([2**40], "int64", tf.int32, "1099511627776"),
        ([1, 256], "int64", tf.uint8, "256"),
        ([-1], "int64", tf.uint64, "-1"),
        ([2**24 + 1], "int64", tf.float32, "16777217"),
    ],
)
def test_what_does_not_fit_is_refused(
    values: list, given: str, taken: tf.DType, shown: str
) -> None:
    with pytest.raises(InputError, match=f"'x' is {taken.name}.*{shown}"):
        _fed(values, given, taken)


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
