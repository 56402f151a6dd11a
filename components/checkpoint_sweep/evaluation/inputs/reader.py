"""A quick reader of some features of the serialized `tf.Example`s in TFRecord files.

The TFXIO's own source takes records one at a time through Python, and its decoder parses all
features of an example, wanted or not: together several times the cost of predicting. Here
TensorFlow reads and parses only the wanted ones, in threads of its own, while the batch before is
evaluated.
"""

from collections.abc import Collection, Iterator, Sequence

import apache_beam as beam
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from checkpoint_sweep.common.files import absolute
from checkpoint_sweep.evaluation.inputs.decoder import project
from checkpoint_sweep.evaluation.inputs.files import data_files
from checkpoint_sweep.evaluation.inputs.parallelism import (
    Spread,
    deal,
    number_of_workers,
    parts_of_a_file,
)
from checkpoint_sweep.evaluation.inputs.parts import Part, ReadingError, ReadPart, UnreadParts


class NoFileError(ReadingError, FileNotFoundError):
    """There is no file of examples; the message says where."""


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

    Attributes:
        schema: Schema of the features to decode; None to decode all that the examples have.
        batch_size: Rows of a RecordBatch; the last of a file may have fewer.
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
        self.schema = schema
        self.batch_size = batch_size

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        """Divides the files into parts, and reads these.

        Raises:
            NoFileError: A pattern has no file.
        """
        step = ReadPart(self.schema, self.batch_size)
        return (
            begin
            | "Files" >> beam.Create(self.parts(begin.pipeline), reshuffle=False)
            | "Spread" >> Spread()
            | "Read" >> beam.ParDo(step).with_output_types(pa.RecordBatch)
        )

    def parts(self, pipeline: beam.Pipeline) -> list[Part]:
        """Divides the files into parts, for the workers of a pipeline.

        Raises:
            NoFileError: A pattern has no file.
        """
        files: list[str] = []
        for pattern in self._patterns:
            found = data_files(pattern)
            if not found:
                raise NoFileError(f"There are no examples at {pattern}. Make them again.")
            files += found
        number = self._parts or parts_of_a_file(len(files), number_of_workers(pipeline))
        return [
            Part(path, first, number, file)
            for first in range(number)
            for file, path in enumerate(files, self._files_before)
        ]


class UnreadFeatures(beam.PTransform):
    """Gives the examples of `ReadFeatures` unread, for a step that reads RecordBatches itself.

    There is one element for each worker, `UnreadParts`, however many files there are.

    Args:
        of: Reader of the examples.
        elements: Number of elements; None for one of each worker.
    """

    def __init__(self, of: ReadFeatures, elements: int | None = None) -> None:
        super().__init__()
        self._of = of
        self._elements = elements

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        """Divides the files into parts, and deals these out.

        Raises:
            NoFileError: A pattern has no file.
        """
        parts = self._of.parts(begin.pipeline)
        hands = deal(parts, self._elements or number_of_workers(begin.pipeline))
        elements = [
            UnreadParts(tuple(hand), self._of.schema, self._of.batch_size) for hand in hands
        ]
        return begin | "Parts" >> beam.Create(elements, reshuffle=False) | "Spread" >> Spread()


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
    read = ReadPart(schema, batch_size)
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
    read = ReadPart(project(schema, columns) if schema else None, batch_size)
    read.setup()
    for file, path in enumerate(data_files(pattern), files_before):
        yield from read.process(Part(path, file=file))
