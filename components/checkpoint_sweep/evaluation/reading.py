"""Reads some features of the serialized `tf.Example`s in TFRecord files, quickly.

The TFXIO's own source takes records one at a time through Python, and its decoder parses all
features of an example, wanted or not: together several times the cost of predicting. Here
TensorFlow reads and parses only the wanted ones, in threads of its own, while the batch before is
evaluated.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis import constants
from tfx_bsl.coders import example_coder

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.text import first_line


class ReadingError(UserError):
    """A file of examples cannot be read; the message says which and why."""


class NoFileError(ReadingError, FileNotFoundError):
    """There is no file of examples; the message says where."""


_DTYPES = {
    schema_pb2.FeatureType.INT: tf.int64,
    schema_pb2.FeatureType.FLOAT: tf.float32,
    schema_pb2.FeatureType.BYTES: tf.string,
}
_BATCHES_AHEAD = 2
_BATCH_SIZE = 1000


class ReadFeatures(beam.PTransform):
    """RecordBatches of the wanted columns and the serialized examples.

    They are those of ``tfxio.TFExampleRecord(..., raw_record_column_name=ARROW_INPUT_COLUMN)``
    without the other columns. A file is read by one worker, as there.

    Args:
        patterns: of files, compressed by gzip if they end in ``.gz``.
        schema: of the examples; features that it does not name are ignored. Without one, all
            features of the examples of a batch are decoded.
        columns: the features to decode; None for all.
        batch_size: rows of a RecordBatch; the last of a file may have fewer.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        schema: schema_pb2.Schema | None,
        columns: Collection[str] | None,
        batch_size: int,
    ) -> None:
        super().__init__()
        self._patterns = list(patterns)
        if schema is not None and columns is not None:
            schema = project(schema, columns)
        self._read = _ReadFile(schema.SerializeToString() if schema else None, batch_size)

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """See the class.

        Raises:
            NoFileError: a pattern has no file.
        """
        files: list[str] = []
        for pattern in self._patterns:
            found = sorted(tf.io.gfile.glob(pattern))
            if not found:
                raise NoFileError(f"There are no examples at {pattern}. Make them again.")
            files += found
        return (
            pipeline
            | "Files" >> beam.Create(files)
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(self._read).with_output_types(pa.RecordBatch)
        )


def project(schema: schema_pb2.Schema, columns: Collection[str]) -> schema_pb2.Schema:
    """A schema with these features only; enough to decode by."""
    result = schema_pb2.Schema()
    result.feature.extend(feature for feature in schema.feature if feature.name in columns)
    return result


def read_whole(paths: Iterable[str], schema: schema_pb2.Schema | None) -> None:
    """Reads and decodes all examples of files.

    Raises:
        ReadingError: one cannot be read.
    """
    read = _ReadFile(schema.SerializeToString() if schema else None, _BATCH_SIZE)
    read.setup()
    for path in paths:
        for _ in read.process(path):
            pass


class _ReadFile(beam.DoFn):
    """The path of a file to its RecordBatches."""

    def __init__(self, schema: bytes | None, batch_size: int) -> None:
        self._schema = schema
        self._batch_size = batch_size

    def setup(self) -> None:
        """Builds the decoder."""
        self._decoder: Decoder | DecoderWithoutSchema = DecoderWithoutSchema()
        if self._schema is not None:
            self._decoder = Decoder(schema_pb2.Schema.FromString(self._schema))

    def process(self, element: str) -> Iterator[pa.RecordBatch]:
        """Reads one file.

        Raises:
            ReadingError: it is damaged, or its examples are of other types than the schema says.
        """
        compression = "GZIP" if element.endswith(".gz") else ""
        records = tf.data.TFRecordDataset(element, compression).batch(self._batch_size)
        options = tf.data.Options()
        # There is nothing to tune, and closing an iterator that is tuned can take five seconds.
        options.autotune.enabled = False
        parsed = records.map(self._decoder.parse).prefetch(_BATCHES_AHEAD)
        batches = iter(parsed.with_options(options))
        while True:
            try:
                serialized, tensors = next(batches)
                batch = self._decoder.record_batch(serialized.numpy(), tensors)
            except StopIteration:
                return
            except (tf.errors.OpError, ValueError, RuntimeError) as error:
                raise ReadingError(
                    f"{element} cannot be read: {first_line(error)}. Make the examples again."
                ) from error
            yield batch


class DecoderWithoutSchema:
    """What tfx_bsl's ``ExamplesToRecordBatchDecoder`` gives without a schema."""

    def __init__(self) -> None:
        self._exact = example_coder.ExamplesToRecordBatchDecoder()

    def parse(self, serialized: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.SparseTensor]]:
        """Serialized examples, a string tensor (n,), which are not parsed yet."""
        return serialized, {}

    def record_batch(
        self, serialized: np.ndarray, tensors: dict[str, tf.SparseTensor]
    ) -> pa.RecordBatch:
        """A row for each of ``serialized``, (n,) bytes; the serialized ones in the last column."""
        del tensors
        return _with_serialized(self._exact.DecodeBatch(serialized.tolist()), serialized)


class Decoder:
    """What tfx_bsl's ``ExamplesToRecordBatchDecoder`` gives, by TensorFlow's faster parser.

    Args:
        schema: the features to decode.

    Raises:
        ValueError: a feature has another type than those of a ``tf.Example``.
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
        """Serialized examples, a string tensor (n,), and their features."""
        if not self._spec:
            return serialized, {}
        return serialized, tf.io.parse_example(serialized, self._spec)

    def record_batch(
        self, serialized: np.ndarray, tensors: dict[str, tf.SparseTensor]
    ) -> pa.RecordBatch:
        """A row for each of ``serialized``, (n,) bytes; the serialized ones in the last column.

        Args:
            tensors: as ``parse`` gives them.
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
    """A batch with the serialized examples as one more column."""
    raw = pa.LargeListArray.from_arrays(
        np.arange(len(serialized) + 1), pa.array(serialized, pa.large_binary())
    )
    columns = [*batch.columns, raw] if batch is not None else [raw]
    names = [*(batch.schema.names if batch is not None else ()), constants.ARROW_INPUT_COLUMN]
    return pa.RecordBatch.from_arrays(columns, names)
