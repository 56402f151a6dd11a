"""A quick reader of some features of the serialized `tf.Example`s in TFRecord files.

The TFXIO's own source takes records one at a time through Python, and its decoder parses all
features of an example, wanted or not: together several times the cost of predicting. Here
TensorFlow reads and parses only the wanted ones, in threads of its own, while the batch before is
evaluated.
"""

import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import absolute
from checkpoint_sweep.common.records import read_records
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.inputs.decoder import Decoder, DecoderWithoutSchema, project
from checkpoint_sweep.evaluation.inputs.files import compression_of, data_files
from checkpoint_sweep.evaluation.inputs.parallelism import (
    Spread,
    number_of_workers,
    parts_of_a_file,
)
from checkpoint_sweep.evaluation.inputs.places import with_places


class ReadingError(UserError):
    """A file of examples cannot be read; the message says which and why."""


class NoFileError(ReadingError, FileNotFoundError):
    """There is no file of examples; the message says where."""


_BATCHES_AHEAD = 2


class Part(NamedTuple):
    """A part of a file: its batches at ``first``, ``first + stride``, and so on.

    Attributes:
        path: Path of the file.
        first: Number of the first batch.
        stride: Number of the parts of the file.
        file: Number of files before it.
    """

    path: str
    first: int = 0
    stride: int = 1
    file: int = 0


class ReadFeatures(beam.PTransform):
    """Reads RecordBatches of the wanted columns and the serialized examples.

    They are those of ``tfxio.TFExampleRecord(..., raw_record_column_name=ARROW_INPUT_COLUMN)``
    without the other columns, and with that of `places`. Where there are more workers than files,
    several share a file: each reads all of it, since it may be compressed, and decodes its share of
    the batches.

    Args:
        patterns: Patterns of files, which may be compressed by gzip.
        schema: Schema of the examples; features that it does not name are ignored. Without one, all
            features of the examples of a batch are decoded.
        columns: Names of the features to decode; None for all.
        batch_size: Rows of a RecordBatch; the last of a file may have fewer.
        parts: Number of parts to divide each file into; None for as many as the workers need.
        files_before: Number of files of the same evaluation that others read.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        schema: schema_pb2.Schema | None,
        columns: Collection[str] | None,
        batch_size: int,
        parts: int | None = None,
        files_before: int = 0,
    ) -> None:
        super().__init__()
        # Workers may run in another folder, or on another machine.
        self._patterns = [absolute(pattern) for pattern in patterns]
        self._parts = parts
        self._files_before = files_before
        if schema is not None and columns is not None:
            schema = project(schema, columns)
        self._read = _ReadFile(schema, batch_size)

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        """Divides the files into parts, and reads these.

        Raises:
            NoFileError: A pattern has no file.
        """
        files: list[str] = []
        for pattern in self._patterns:
            found = data_files(pattern)
            if not found:
                raise NoFileError(f"There are no examples at {pattern}. Make them again.")
            files += found
        number = self._parts or parts_of_a_file(len(files), number_of_workers(begin.pipeline))
        parts = [
            Part(path, first, number, file)
            for first in range(number)
            for file, path in enumerate(files, self._files_before)
        ]
        return (
            begin
            | "Files" >> beam.Create(parts, reshuffle=False)
            | "Spread" >> Spread()
            | "Read" >> beam.ParDo(self._read).with_output_types(pa.RecordBatch)
        )


def read_files(
    pattern: str, schema: schema_pb2.Schema | None, batch_size: int
) -> Iterator[pa.RecordBatch]:
    """Reads files one after the other, in this process.

    Args:
        pattern: Pattern of the files.
        schema: Schema of the examples; None for what is in them.
        batch_size: Rows of a RecordBatch; the last of a file may have fewer.

    Raises:
        ReadingError: A file cannot be read; the message names it.
    """
    read = _ReadFile(schema, batch_size)
    read.setup()
    for path in data_files(pattern):
        yield from read.batches(Part(path))


def read_with_places(
    pattern: str,
    schema: schema_pb2.Schema | None,
    columns: Collection[str],
    batch_size: int,
    files_before: int = 0,
) -> Iterator[pa.RecordBatch]:
    """Reads files as `ReadFeatures` does, one after the other, in this process.

    Args:
        pattern: Pattern of the files.
        schema: Schema of the examples; None for what is in them.
        columns: Names of the features to decode, which needs a schema.
        batch_size: Rows of a RecordBatch; the last of a file may have fewer.
        files_before: Number of files of the same evaluation before these.

    Raises:
        ReadingError: A file cannot be read; the message names it.
    """
    read = _ReadFile(project(schema, columns) if schema else None, batch_size)
    read.setup()
    for file, path in enumerate(data_files(pattern), files_before):
        yield from read.process(Part(path, file=file))


class _ReadFile(beam.DoFn):
    """Reads the RecordBatches of a part of a file."""

    def __init__(self, schema: schema_pb2.Schema | None, batch_size: int) -> None:
        self._schema = schema.SerializeToString() if schema else None
        self._batch_size = batch_size

    def setup(self) -> None:
        """Builds the decoder."""
        self._decoder: Decoder | DecoderWithoutSchema = DecoderWithoutSchema()
        if self._schema is not None:
            self._decoder = Decoder(schema_pb2.Schema.FromString(self._schema))

    def process(self, element: Part) -> Iterator[pa.RecordBatch]:
        """Reads one part, with the places of its examples.

        Raises:
            ReadingError: See `batches`.
        """
        for number, batch in enumerate(self.batches(element)):
            before = element.first + number * element.stride
            yield with_places(batch, before * self._batch_size, element.file)

    def batches(self, part: Part) -> Iterator[pa.RecordBatch]:
        """Reads one part.

        Raises:
            ReadingError: The file is damaged, or its examples are of other types than in the
                schema.
        """
        path, first, stride, _ = part
        batches = self._batches(path, first, stride)
        while True:
            try:
                serialized, tensors = next(batches)
                batch = self._decoder.record_batch(serialized.numpy(), tensors)
            except StopIteration:
                return
            except (tf.errors.OpError, ValueError, RuntimeError) as error:
                raise ReadingError(
                    f"{path} cannot be read: {first_line(error)}. Make the examples again."
                ) from error
            yield batch

    def _batches(self, path: str, first: int, stride: int) -> Iterator[tuple[tf.Tensor, Any]]:
        compression = compression_of(path)
        if first == 0:
            # Who looks at examples wants these only, and a small file has no others: threads that
            # read ahead would take longer to start.
            records = list(itertools.islice(read_records(path, compression), self._batch_size))
            if records:
                yield self._decoder.parse(tf.constant(records))
            if len(records) < self._batch_size:
                return
        batches = tf.data.TFRecordDataset(path, compression).batch(self._batch_size)
        if stride > 1:
            batches = batches.shard(stride, first)
        if first == 0:
            batches = batches.skip(1)
        options = tf.data.Options()
        # There is nothing to tune, and closing an iterator that is tuned can take five seconds.
        options.autotune.enabled = False
        # There is no Python to convert either.
        parse = tf.autograph.experimental.do_not_convert(self._decoder.parse)
        parsed = batches.map(parse).prefetch(_BATCHES_AHEAD)
        yield from parsed.with_options(options)
