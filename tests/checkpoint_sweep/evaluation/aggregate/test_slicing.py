"""Every example is in the slices that TFMA's slicer gives it."""

import numpy as np
import pytest
from tensorflow_model_analysis.api import types
from tensorflow_model_analysis.slicer import slicer_lib
from tensorflow_model_analysis.utils import util

from checkpoint_sweep.evaluation.aggregate import slicing

EXAMPLES = 50


def _varlen(rows, dtype):
    """A tensor value with as many values in each row as ``rows`` has."""
    values = np.array([value for row in rows for value in row], dtype)
    indices = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
    width = max(len(row) for row in rows)
    return types.VarLenTensorValue(
        values, np.array(indices, np.int64), np.array([len(rows), width])
    )


@pytest.fixture(scope="module")
def features():
    random = np.random.default_rng(0)
    hours = random.integers(0, 4, (EXAMPLES, 1))
    return {
        "hour": hours,
        "number": np.arange(EXAMPLES).reshape(-1, 1),
        "fare": random.integers(0, 3, (EXAMPLES, 1)).astype(np.float32) / 4,
        "company": _varlen([[b"taxi"] if i % 3 else [] for i in range(EXAMPLES)], object),
        "tags": _varlen([[b"a", b"b", b"a"][: i % 4] for i in range(EXAMPLES)], object),
        "pair": random.integers(0, 3, (EXAMPLES, 2)),
        "text": np.array([[str(h).encode()] for h in hours[:, 0]], object),
    }


SPECS = {
    "overall": [slicer_lib.SingleSliceSpec()],
    "integers, floats and strings": [
        slicer_lib.SingleSliceSpec(columns=[name]) for name in ("hour", "fare", "text")
    ],
    "several features": [slicer_lib.SingleSliceSpec(columns=["hour", "fare", "company"])],
    "a feature's value": [
        slicer_lib.SingleSliceSpec(features=[("hour", "2")]),
        slicer_lib.SingleSliceSpec(features=[("text", 1)], columns=["fare"]),
        slicer_lib.SingleSliceSpec(features=[("company", "taxi")]),
        slicer_lib.SingleSliceSpec(features=[("hour", 77)]),
    ],
    "missing features": [
        slicer_lib.SingleSliceSpec(columns=["company"]),
        slicer_lib.SingleSliceSpec(columns=["no such feature"]),
    ],
    "several values": [
        slicer_lib.SingleSliceSpec(columns=["tags"]),
        slicer_lib.SingleSliceSpec(columns=["tags", "pair"]),
    ],
    "the same slice twice": [
        slicer_lib.SingleSliceSpec(columns=["hour"]),
        slicer_lib.SingleSliceSpec(features=[("hour", 1)]),
    ],
    "more combinations than slices": [
        slicer_lib.SingleSliceSpec(),
        *(slicer_lib.SingleSliceSpec(columns=[n]) for n in ("hour", "fare", "tags", "pair")),
    ],
    "a slice for each example": [
        slicer_lib.SingleSliceSpec(),
        slicer_lib.SingleSliceSpec(columns=["number"]),
    ],
}


@pytest.mark.parametrize("name", SPECS)
def test_examples_are_in_tfmas_slices(name, features):
    specs = SPECS[name]
    expected = [
        set(slicer_lib.get_slices_for_features_dicts([], example, specs))
        for example in util.split_extracts(features)
    ]
    rows = slicing.Slicer(specs).rows(features, EXAMPLES)
    actual = [[] for _ in range(EXAMPLES)]
    for row, example in zip(rows.row, rows.example, strict=True):
        actual[example] += rows.slices[row]
    assert [len(keys) for keys in actual] == [len(set(keys)) for keys in actual]
    assert [set(keys) for keys in actual] == expected
    kinds = {type(v) for keys in expected for key in keys for _, v in key}
    assert {type(v) for keys in actual for key in keys for _, v in key} == kinds


def test_cached_slices_do_not_mix_types():
    slicer = slicing.Slicer([slicer_lib.SingleSliceSpec(columns=["hour"])])
    integers = slicer.rows({"hour": np.array([[1], [2]])}, 2)
    floats = slicer.rows({"hour": np.array([[1.0], [2.0]], np.float32)}, 2)
    assert isinstance(integers.slices[0][0][0][1], int)
    assert isinstance(floats.slices[0][0][0][1], float)
