"""Decoders of serialized `tf.Example`s to RecordBatches of some features, as in tfx_bsl."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis import constants
from tfx_bsl.coders import example_coder

_DTYPES = {
    schema_pb2.FeatureType.INT: tf.int64,
    schema_pb2.FeatureType.FLOAT: tf.float32,
    schema_pb2.FeatureType.BYTES: tf.string,
}


def project(schema: schema_pb2.Schema, columns: Collection[str]) -> schema_pb2.Schema:
    """Reduces a schema to these features, which is enough to decode by."""
    result = schema_pb2.Schema()
    result.feature.extend(feature for feature in schema.feature if feature.name in columns)
    return result


class DecoderWithoutSchema:
    """The decoder where there is no schema: tfx_bsl's ``ExamplesToRecordBatchDecoder`` itself."""

    def __init__(self) -> None:
        self._exact = example_coder.ExamplesToRecordBatchDecoder()

    def parse(self, serialized: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.SparseTensor]]:
        """Returns serialized examples, a string tensor (n,), unparsed."""
        return serialized, {}

    def record_batch(
        self, serialized: np.ndarray, tensors: dict[str, tf.SparseTensor]
    ) -> pa.RecordBatch:
        """Makes a row for each of ``serialized``, (n,) bytes, which are the last column."""
        del tensors
        return _with_serialized(self._exact.DecodeBatch(serialized.tolist()), serialized)


class Decoder:
    """A decoder that gives tfx_bsl's RecordBatches, by TensorFlow's faster parser.

    Args:
        schema: Schema of the features to decode.

    Raises:
        ValueError: A feature has another type than those of a ``tf.Example``.
    """

    def __init__(self, schema: schema_pb2.Schema) -> None:
        self._exact = example_coder.ExamplesToRecordBatchDecoder(schema.SerializeToString())
        self._types = {field.name: field.type for field in self._exact.ArrowSchema()}
        self._spec = {}
        for feature in schema.feature:
            if feature.type not in _DTYPES:
                raise ValueError(f"Feature {feature.name!r} is not of type INT, FLOAT or BYTES.")
            self._spec[feature.name] = tf.io.VarLenFeature(_DTYPES[feature.type])

    def parse(self, serialized: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.SparseTensor]]:
        """Parses serialized examples, a string tensor (n,); returns them and their features."""
        if not self._spec:
            return serialized, {}
        return serialized, tf.io.parse_example(serialized, self._spec)

    def record_batch(
        self, serialized: np.ndarray, tensors: dict[str, tf.SparseTensor]
    ) -> pa.RecordBatch:
        """Makes a row for each of ``serialized``, (n,) bytes, which are the last column.

        Args:
            serialized: Serialized examples.
            tensors: Features of the examples, as ``parse`` gives them.
        """
        size = len(serialized)
        rows = {name: tensors[name].indices.numpy()[:, 0] for name in self._types}
        lengths = {name: np.bincount(row, minlength=size) for name, row in rows.items()}
        empty = np.zeros(size, bool)
        for length in lengths.values():
            empty |= length == 0
        arrays = []
        # A sparse tensor does not tell a feature that is missing from one without values.
        exact = self._exact.DecodeBatch(serialized[empty].tolist()) if empty.any() else None
        for name, kind in self._types.items():
            missing = np.zeros(size + 1, bool)
            if exact is not None:
                missing[:-1][empty] = exact.column(exact.schema.get_field_index(name)).is_null()
            offsets = np.concatenate(([0], np.cumsum(lengths[name])))
            values = pa.array(tensors[name].values.numpy(), type=kind.value_type)
            arrays.append(
                pa.LargeListArray.from_arrays(
                    pa.array(offsets, pa.int64(), mask=missing if missing.any() else None), values
                )
            )
        batch = pa.RecordBatch.from_arrays(arrays, list(self._types)) if arrays else None
        return _with_serialized(batch, serialized)


def _with_serialized(batch: pa.RecordBatch | None, serialized: np.ndarray) -> pa.RecordBatch:
    """Adds the serialized examples to a batch as one more column."""
    raw = pa.LargeListArray.from_arrays(
        np.arange(len(serialized) + 1), pa.array(serialized, pa.large_binary())
    )
    columns = [*batch.columns, raw] if batch is not None else [raw]
    names = [*(batch.schema.names if batch is not None else ()), constants.ARROW_INPUT_COLUMN]
    return pa.RecordBatch.from_arrays(columns, names)
