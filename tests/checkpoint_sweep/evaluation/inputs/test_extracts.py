"""Features of batches in which no example has one of them."""

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis import constants

from checkpoint_sweep.evaluation.inputs.extracts import extract


def _batch() -> pa.RecordBatch:
    of_floats, of_text = pa.large_list(pa.float32()), pa.large_list(pa.large_binary())
    columns = {
        "p": pa.array([[0.25], [0.5], [0.75]], of_floats),
        "y": pa.array([[1.0], None, None], of_floats),
        "s": pa.array([[b"a"], None, None], of_text),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def test_a_feature_that_no_example_of_a_cut_batch_has_is_none_of_its_features() -> None:
    features = extract(_batch().slice(1, 2), {}, None)[constants.FEATURES_KEY]
    assert {name: value.tolist() for name, value in features.items()} == {"p": [[0.5], [0.75]]}


def test_a_feature_that_some_example_of_a_cut_batch_has_stays() -> None:
    features = extract(_batch().slice(0, 2), {}, None)[constants.FEATURES_KEY]
    assert sorted(features) == ["p", "s", "y"]


def test_a_feature_of_the_schema_stays_without_an_example_that_has_it() -> None:
    representation = schema_pb2.TensorRepresentation()
    representation.dense_tensor.column_name = "y"
    representation.dense_tensor.default_value.float_value = -1.0
    features = extract(_batch().slice(1, 2), {"y": representation}, None)[constants.FEATURES_KEY]
    np.testing.assert_array_equal(features["y"], np.float32([-1.0, -1.0]))
