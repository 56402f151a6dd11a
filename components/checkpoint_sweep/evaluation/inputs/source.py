"""Examples to evaluate on, as an engine reads them."""

import dataclasses
import os
from collections.abc import Collection, Iterator

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.tfxio import dataset_options, tensor_adapter, tf_example_record, tfxio

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import check_access, special_file
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.inputs.files import compression_of, data_files
from checkpoint_sweep.evaluation.inputs.parts import UnreadParts
from checkpoint_sweep.evaluation.inputs.reader import (
    ReadFeatures,
    UnreadFeatures,
    read_files,
    read_with_places,
)

_PEEKED = 4096  # As many as the engine takes at a time.
_BATCH_SIZE = 1000  # For stock TFMA, as Beam would batch them.


class ExamplesError(UserError):
    """The examples cannot be read; the message says why."""


@dataclasses.dataclass(frozen=True)
class ExampleSource:
    """Splits of an Examples artifact.

    Attributes:
        sources: Source of each split and artifact, by a label of its own.
        patterns: Pattern of the files of each, by label.
        schema: Schema of the examples; None without one.
        tensor_adapter_config: Config by which RecordBatches become tensors; None without a schema.
        unread: Further features that there are, and that no evaluation asks for.
    """

    sources: dict[str, tfxio.TFXIO]
    patterns: dict[str, str]
    schema: schema_pb2.Schema | None
    tensor_adapter_config: tensor_adapter.TensorAdapterConfig | None
    unread: Collection[str] = frozenset()

    def read(
        self,
        pipeline: beam.Pipeline,
        batch_size: int | None = None,
        columns: Collection[str] | None = None,
    ) -> "beam.PCollection[pa.RecordBatch]":
        """Reads all examples as RecordBatches, the serialized ones in `tfma.ARROW_INPUT_COLUMN`.

        Args:
            pipeline: Pipeline to add the reading to.
            batch_size: Rows of a RecordBatch; None to let Beam choose.
            columns: Names of the columns that suffice, which saves time; None for all.
        """
        readers = self._readers(batch_size, columns)
        parts = [pipeline | f"Read[{label}]" >> reader for label, reader in readers]
        return parts | "FlattenExamples" >> beam.Flatten(pipeline=pipeline)

    def in_parts(
        self,
        pipeline: beam.Pipeline,
        batch_size: int | None = None,
        columns: Collection[str] | None = None,
    ) -> "beam.PCollection[pa.RecordBatch | UnreadParts]":
        """Gives all examples, for a step that reads their files itself.

        Those that a TFXIO of another format reads are RecordBatches, as `read` gives them.

        Args:
            pipeline: Pipeline to add them to.
            batch_size: Rows of a RecordBatch; None to let Beam choose.
            columns: Names of the columns that suffice, which saves time; None for all.
        """
        parts = []
        for label, reader in self._readers(batch_size, columns):
            own = UnreadFeatures(reader) if isinstance(reader, ReadFeatures) else reader
            parts.append(pipeline | f"Read[{label}]" >> own)
        return parts | "FlattenExamples" >> beam.Flatten(pipeline=pipeline)

    def _readers(
        self, batch_size: int | None, columns: Collection[str] | None
    ) -> Iterator[tuple[str, beam.PTransform]]:
        files = 0
        for label in self.sources:
            yield label, self._reader(label, batch_size, columns, files)
            files += len(data_files(self.patterns[label]))

    def _reader(
        self, label: str, batch_size: int | None, columns: Collection[str] | None, files_before: int
    ) -> beam.PTransform:
        """Makes the quick reader where it gives the same, and the TFXIO's own for other formats."""
        source = self.sources[label]
        if type(source) is not tf_example_record.TFExampleRecord:
            return source.BeamSource(batch_size)
        size = batch_size or _BATCH_SIZE
        patterns = [self.patterns[label]]
        return ReadFeatures(patterns, self.schema, columns, size, files_before=files_before)

    def features(
        self, wanted: Collection[str] = (), indispensable: Collection[str] = ()
    ) -> set[str]:
        """Names the features of the examples; with a schema, those that it names.

        Without one, examples are looked at until all of `wanted` have been seen.

        Args:
            wanted: Features that are asked about.
            indispensable: Features that count as there only if some example has them, whatever the
                schema says.

        Raises:
            ExamplesError: There are no examples, or they cannot be read.
        """
        wanted = set(wanted if self.schema is None else indispensable)
        found: set[str] = set()
        seen: set[str] = set()
        for batch in self.batches(_PEEKED):
            found |= set(batch.schema.names) - {tfma.ARROW_INPUT_COLUMN}
            seen |= {n for n in found & set(batch.schema.names) if _has_values(batch, n)}
            if (wanted if self.schema is None else wanted & found) <= seen:
                return found | set(self.unread)
        if not found:
            raise ExamplesError(
                f"There are no examples in {', '.join(self.patterns.values())}. ",
                Words(
                    "Name other files in examples.",
                    "Name other files by --examples.",
                    "Name other splits in example_splits.",
                ),
            )
        return (found - (wanted - seen)) | set(self.unread)

    def batches(self, size: int) -> Iterator[pa.RecordBatch]:
        """Reads the examples in this process, with all of their features.

        Args:
            size: Rows of a batch; the last of a file may have fewer.

        Raises:
            ReadingError: A file cannot be read; the message names it.
            ExamplesError: Examples of another format cannot be read.
        """
        for label, source in self.sources.items():
            if type(source) is tf_example_record.TFExampleRecord:
                yield from read_files(self.patterns[label], self.schema, size)
            else:
                yield from self._by_source(label, size)

    def in_order(self, size: int, columns: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
        """Reads the serialized examples in this process, in their order, with what draws folds.

        Args:
            size: Rows of a batch; the last of a file may have fewer.
            columns: Names of features that are needed beside them.

        Raises:
            ReadingError: A file cannot be read; the message names it.
            ExamplesError: Examples of another format cannot be read.
        """
        files = 0
        for label, source in self.sources.items():
            pattern = self.patterns[label]
            if type(source) is tf_example_record.TFExampleRecord:
                yield from read_with_places(pattern, self.schema, columns, size, files)
            else:
                yield from self._by_source(label, size)
            files += len(data_files(pattern))

    def _by_source(self, label: str, size: int) -> Iterator[pa.RecordBatch]:
        options = dataset_options.RecordBatchesOptions(size, num_epochs=1, shuffle=False)
        try:
            yield from self.sources[label].RecordBatches(options)
        except (tf.errors.OpError, ValueError, RuntimeError) as error:
            raise ExamplesError(
                f"The examples in {self.patterns[label]} cannot be read: {first_line(error)}. "
                "Make them again."
            ) from error

    def number_types(self) -> dict[str, str]:
        """Names the types of the features that are numbers, in the first examples, by feature.

        Raises:
            ExamplesError: The examples cannot be read.
        """
        batch = next(self.batches(_PEEKED), None)
        names = {pa.int64(): "int64", pa.float32(): "float32"}
        return {
            field.name: names[field.type.value_type]
            for field in (batch.schema if batch is not None else ())
            if getattr(field.type, "value_type", None) in names
        }

    def counts(self) -> Iterator[int]:
        """Yields numbers of examples that add up to all of them, which are read but not parsed.

        Raises:
            ExamplesError: The records of their format cannot be counted.
            tf.errors.OpError: They cannot be read.
        """
        for label, source in self.sources.items():
            if type(source) is not tf_example_record.TFExampleRecord:
                raise ExamplesError(f"The examples in {self.patterns[label]} cannot be counted.")
            for path in data_files(self.patterns[label]):
                batches = tf.data.TFRecordDataset(path, compression_of(path)).batch(_PEEKED)
                yield from (int(tf.shape(batch)[0]) for batch in batches)


def _has_values(batch: pa.RecordBatch, name: str) -> bool:
    column = batch.column(batch.schema.get_field_index(name))
    return len(column.flatten()) > 0 if pa.types.is_large_list(column.type) else True


def check_files(pattern: str) -> None:
    """Checks that there are files, and that all of them can be read to an end.

    Raises:
        ExamplesError: There are none, or some cannot be read.
    """
    paths = data_files(pattern)
    if not paths:
        check_access(os.path.dirname(pattern))
        raise ExamplesError(f"There is no file of examples at {pattern}. Make the examples again.")
    if path := special_file(paths):
        raise ExamplesError(
            f"{path} is not a regular file, and reading it may never end. Make the examples again."
        )
    if folders := [path for path in paths if tf.io.gfile.isdir(path)]:
        raise ExamplesError(
            f"{folders[0]} is a folder among the files of examples. Make the examples again."
        )
