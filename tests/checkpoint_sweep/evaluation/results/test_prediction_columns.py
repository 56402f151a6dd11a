"""Columns of labels, weights, features and predictions, of every form that TFMA extracts."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from checkpoint_sweep.evaluation.results.prediction_columns import columns_of, concatenated


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(np.float32([1, 2]), {"p": [1.0, 2.0]}, id="numbers"),
        pytest.param(np.float32([[1], [2]]), {"p": [1.0, 2.0]}, id="a column of numbers"),
        pytest.param(np.int64([[1, 2], [3, 4]]), {"p": [[1, 2], [3, 4]]}, id="classes"),
        pytest.param(np.float32([[[1], [2]]] * 2), {"p": [[1.0, 2.0]] * 2}, id="a matrix"),
        pytest.param(np.array([[b"a"], [b"\xff"]]), {"p": ["a", "\\xff"]}, id="text"),
        pytest.param(np.array([[b"a", b"b"]] * 2), {"p": [["a", "b"]] * 2}, id="texts"),
        pytest.param({"x": np.ones(2), "y": None}, {"p/x": [1.0, 1.0]}, id="outputs"),
        pytest.param({"x": {"y": np.ones(2)}}, {"p/x/y": [1.0, 1.0]}, id="keys of an output"),
        pytest.param(np.float32([1, 2, 3]), {}, id="not by example"),
        pytest.param(np.float32(1), {}, id="one number for all"),
        pytest.param(None, {}, id="nothing"),
        pytest.param(
            tf.compat.v1.ragged.constant_value([[b"a"], []]), {"p": [["a"], []]}, id="ragged"
        ),
        pytest.param(
            tf.compat.v1.SparseTensorValue([[1, 0], [1, 1]], np.int64([5, 6]), [2, 2]),
            {"p": [[], [5, 6]]},
            id="sparse",
        ),
        pytest.param(
            tf.compat.v1.SparseTensorValue(np.zeros((0, 2), np.int64), np.float32([]), [2, 0]),
            {},
            id="a feature that no example has",
        ),
    ],
)
def test_values_become_columns(values: Any, expected: dict[str, list[Any]]) -> None:
    found = columns_of("p", values, 2)
    assert {name: column.to_pylist() for name, column in found.items()} == expected


def test_predictions_keep_their_type() -> None:
    assert columns_of("p", np.float32([[0.1, 0.9]]), 1)["p"].type == pa.list_(pa.float32())


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([{"a": [1]}, {"a": [2]}], {"a": [1, 2]}, id="alike"),
        pytest.param([{"a": [1]}, {"a": [[2, 3]]}], {"a": [[1], [2, 3]]}, id="a list in one"),
        pytest.param([{"a": [1]}, {"a": [0.5]}], {"a": [1.0, 0.5]}, id="a fraction in one"),
        pytest.param([{"a": [None]}, {"a": ["x"]}], {"a": [None, "x"]}, id="nothing in one"),
        pytest.param(
            [{"a": [1], "b": ["x"]}, {"a": [2]}], {"a": [1, 2], "b": ["x", None]}, id="not in one"
        ),
    ],
)
def test_batches_that_differ_become_one_table(
    parts: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    assert concatenated([pa.table(part) for part in parts]).to_pydict() == expected
