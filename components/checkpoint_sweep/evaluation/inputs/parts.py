"""Parts of TFRecord files, and the step that reads the RecordBatches of one."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.records import read_records
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.inputs.decoder import Decoder, DecoderWithoutSchema
from checkpoint_sweep.evaluation.inputs.files import compression_of
from checkpoint_sweep.evaluation.inputs.places import with_places

_BATCHES_AHEAD = 2


class ReadingError(UserError):
    """A file of examples cannot be read; the message says which and why."""


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


class ReadPart(beam.DoFn):
    """Reads the RecordBatches of a part of a file.

    Args:
        schema: Schema of the features to decode; None to decode all that the examples have.
        batch_size: Rows of a RecordBatch; the last of a file may have fewer.
    """

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


@dataclasses.dataclass(frozen=True)
class UnreadParts:
    """Parts of files as an element of a pipeline, read by the step that takes their RecordBatches.

    So this step knows the last of them, and no worker holds more than it works on.

    Attributes:
        parts: Parts to read, one after the other.
        schema: Schema of the features to decode; None to decode all that the examples have.
        batch_size: Rows of a RecordBatch; the last of a file may have fewer.
        kept: Keeps the wanted examples of a RecordBatch; None to keep all.
    """

    parts: tuple[Part, ...]
    schema: schema_pb2.Schema | None
    batch_size: int
    kept: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Reads the RecordBatches, which have some row.

        Raises:
            ReadingError: See `ReadPart.batches`.
        """
        read = ReadPart(self.schema, self.batch_size)
        read.setup()
        for part in self.parts:
            for batch in read.process(part):
                kept = self.kept(batch) if self.kept is not None else batch
                if kept.num_rows:
                    yield kept
