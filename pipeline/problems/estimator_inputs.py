"""What an Estimator reads in the pipeline: Transform's examples, or raw ones."""

import dataclasses
from collections.abc import Callable, Sequence

import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.tf_metadata import schema_utils
from tfx import v1 as tfx

_Columns = dict[str, tf.Tensor | tf.SparseTensor]


@dataclasses.dataclass(frozen=True)
class Inputs:
    """How features reach the model.

    Attributes:
        schema: Schema of the examples to train on.
        serving: Makes, in the current graph, the receiver of serialized raw `tf.Example`s.
    """

    schema: schema_pb2.Schema
    serving: Callable[[], tf.estimator.export.ServingInputReceiver]


def transformed(fn_args: tfx.components.FnArgs, names: Sequence[str]) -> Inputs:
    """Reads what Transform has written; what is served goes through Transform's graph.

    Args:
        fn_args: Arguments from the Trainer.
        names: Raw columns that a served example must have.
    """
    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    spec = transform.raw_feature_spec()
    return Inputs(
        transform.transformed_metadata.schema,
        lambda: _receiver(spec, names, transform.transform_raw_features),
    )


def raw(fn_args: tfx.components.FnArgs, names: Sequence[str]) -> Inputs:
    """Reads what ExampleGen has written; what is served is parsed likewise.

    Args:
        fn_args: Arguments from the Trainer, which was given the schema.
        names: Columns that a served example must have.
    """
    schema = tfx.utils.parse_pbtxt_file(fn_args.schema_path, schema_pb2.Schema())
    spec = schema_utils.schema_as_feature_spec(schema).feature_spec
    return Inputs(schema, lambda: _receiver(spec, names, lambda columns: columns))


def _receiver(
    spec: dict, names: Sequence[str], transform: Callable[[_Columns], _Columns]
) -> tf.estimator.export.ServingInputReceiver:
    wanted = {name: spec[name] for name in names}
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn(wanted)()
    return tf.estimator.export.ServingInputReceiver(
        transform(receiver.features), receiver.receiver_tensors
    )
