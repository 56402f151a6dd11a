"""The columns of tables that an evaluation reads, and their types."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.aggregate import slicing
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.evaluation.inputs.extracts import features_of_inputs
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.predict.serving_graph import used_inputs
from checkpoint_sweep.evaluation.preflight.features import features_of
from checkpoint_sweep.saved_model.parsed_features import parsed_features
from checkpoint_sweep.saved_model.saved_model import SavedModel

_OF_SCHEMA = {
    schema_pb2.FeatureType.INT: tf.int64,
    schema_pb2.FeatureType.FLOAT: tf.float32,
    schema_pb2.FeatureType.BYTES: tf.string,
}


class Declared(NamedTuple):
    """The type of a column, and who says it.

    Attributes:
        dtype: `tf.int64`, `tf.float32` or `tf.string`, the types of a `tf.Example`.
        by: "schema" or "model".
    """

    dtype: tf.DType
    by: str


@dataclasses.dataclass(frozen=True)
class TableColumns:
    """The columns to read of tables.

    Attributes:
        needed: Columns without which nothing can be evaluated, as far as the tables have them.
        others_too: Whether all other columns are read as well that a feature can hold.
        declared: Types that schema or model say; those of other columns are found in the data.
    """

    needed: Collection[str] = frozenset()
    others_too: bool = True
    declared: Mapping[str, Declared] = dataclasses.field(default_factory=dict)

    def also(self, column: str | None) -> "TableColumns":
        """Returns the same with a further column that is needed; None for none."""
        if column is None:
            return self
        return dataclasses.replace(self, needed={*self.needed, column})


def of_schema(schema: schema_pb2.Schema | None) -> dict[str, Declared]:
    """Lists the types that a schema says; none without one."""
    features = schema.feature if schema is not None else ()
    return {
        feature.name: Declared(_OF_SCHEMA[feature.type], "schema")
        for feature in features
        if feature.type in _OF_SCHEMA
    }


def of_evaluation(
    eval_config: config_pb2.EvalConfig,
    models: Sequence[SavedModel],
    schema: schema_pb2.Schema | None,
) -> TableColumns:
    """Lists inputs of the models, labels, weights, slices and query keys.

    Args:
        eval_config: Evaluation config with its defaults.
        models: SavedModel that was exported, and that of the baseline if there is one.
        schema: Schema of the examples; None without one.

    Raises:
        SavedModelError: There is no SavedModel.
    """
    sliced_by = slicing.columns(slicing.slicing_specs(eval_config))
    needed: set[str] = set()
    declared: dict[str, Declared] = {}
    others_too = _reads_any_feature(eval_config)
    for number, model in enumerate(models):
        needed |= features_of(eval_config, model)
        spec = plan_lib.model_spec(eval_config, of_baseline=number > 0)
        for name, signature in _signatures(spec, model):
            needed |= features_of_inputs(signature.inputs)
            for given, tensor in signature.inputs.items():
                # Fed as it is, or converted: slices keep the whole numbers that the table has.
                dtype = _of_example(tf.as_dtype(tensor.dtype))
                if dtype is not None and not (dtype == tf.float32 and given in sliced_by):
                    for feature in features_of_inputs([given]):
                        declared[feature] = Declared(dtype, "model")
            if _is_lone_string(signature, model, name):
                parsed = parsed_features(model)
                others_too |= not parsed
                needed |= parsed.keys()
                for feature, kind in parsed.items():
                    dtype = _of_example(kind) if kind is not None else None
                    if dtype is not None:
                        declared[feature] = Declared(dtype, "model")
    return TableColumns(frozenset(needed), others_too, declared | of_schema(schema))


def _signatures(
    spec: config_pb2.ModelSpec, model: SavedModel
) -> "Iterator[tuple[str, tf.compat.v1.SignatureDef]]":
    """Yields the signature that is evaluated, and those that preprocess, by name."""
    present = model.signatures
    names = [spec.signature_name or model.default_signature]
    for name in dict.fromkeys([*names, *preprocessing.functions(spec, model)]):
        if name in present:
            yield name, present[name]


def _is_lone_string(
    signature: "tf.compat.v1.SignatureDef", model: SavedModel, signature_name: str
) -> bool:
    """Tells whether all that outputs depend on is one string."""
    inputs = {name: tensor.dtype for name, tensor in signature.inputs.items()}
    text = tf.string.as_datatype_enum
    if len(inputs) > 1 and text in inputs.values():
        used = used_inputs(model, signature_name)
        inputs = {name: dtype for name, dtype in inputs.items() if name in used}
    return list(inputs.values()) == [text]


def _reads_any_feature(eval_config: config_pb2.EvalConfig) -> bool:
    """Tells whether a metric may read a feature that the config does not name."""
    if any(metrics.query_key for metrics in eval_config.metrics_specs):
        return True
    return plan_lib.make(plan_lib.split_config(eval_config)[""]).needs_all_features()


def _of_example(dtype: tf.DType) -> tf.DType | None:
    """Finds the type of a `tf.Example` that holds values of a tensor."""
    if dtype.is_integer or dtype.is_bool:
        return tf.int64
    if dtype.is_floating:
        return tf.float32
    return tf.string if dtype == tf.string else None
