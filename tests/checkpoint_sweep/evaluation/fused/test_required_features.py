"""Which columns an evaluation says that it needs, and that they suffice."""

import apache_beam as beam
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from checkpoint_sweep.evaluation import EvaluateModels
from checkpoint_sweep.evaluation.fused import required_features
from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle

CONFIG = """
    model_specs { label_key: "big_tipper" example_weight_key: "weight" }
    slicing_specs {} slicing_specs { feature_keys: "payment_type" }
    slicing_specs { feature_values { key: "company" value: "Flash Cab" } }
    metrics_specs { metrics { class_name: "AUC" } metrics { class_name: "ExampleCount" } }
"""
SCHEMA = text_format.Parse(
    """
    feature { name: "big_tipper" type: INT }
    feature { name: "weight" type: FLOAT }
    feature { name: "payment_type" type: BYTES }
    feature { name: "company" type: BYTES }
    feature { name: "fare" type: FLOAT }
    """,
    schema_pb2.Schema(),
)


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> ModelSource:
    directory = str(tmp_path_factory.mktemp("models"))
    return taxi_models.write_models(directory, "binary", 1)[0]


def test_labels_weights_slices_and_inputs_are_required(source):
    found = required_features.columns(tfma_oracle.config(CONFIG), {}, [source])
    assert found == {"big_tipper", "weight", "payment_type", "company", "examples"}


def test_a_representations_columns_are_required(source):
    sparse = text_format.Parse(
        """
        sparse_tensor {
          dense_shape { dim { size: 9 } } index_column_names: "at" value_column_name: "what"
        }
        """,
        schema_pb2.TensorRepresentation(),
    )
    representations = {"company": sparse, "fare": sparse}
    found = required_features.columns(tfma_oracle.config(CONFIG), representations, [source])
    assert found is not None
    assert {"at", "what"} < found
    assert "fare" not in found


def test_the_needed_columns_suffice(source, tmp_path):
    data = taxi_models.write_examples(str(tmp_path / "taxi"), 60)
    config = tfma_oracle.config(CONFIG)
    (stock,) = tfma_oracle.run_engine(data, config, [source], str(tmp_path / "all"))
    columns = required_features.columns(config, {}, [source])
    assert columns is not None
    quick = str(tmp_path / "quick")
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        batches = pipeline | ReadFeatures([data], SCHEMA, columns, 64)
        _ = batches | EvaluateModels([source], {source.name: quick}, config)
    assert tfma_oracle.differences(tfma_oracle.load(stock), tfma_oracle.load(quick)) == []
    assert tf.io.gfile.glob(f"{quick}/metrics*")
