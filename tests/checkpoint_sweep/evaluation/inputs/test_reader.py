"""The quick reader gives what tfx_bsl's own gives."""

import itertools

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from apache_beam.testing import util
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.coders import example_coder
from tfx_bsl.tfxio import record_based_tfxio, tf_example_record

from checkpoint_sweep.evaluation.inputs.decoder import Decoder, project
from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures, UnreadFeatures
from tests.support import tfrecords

SCHEMA = text_format.Parse(
    """
    feature { name: "whole" type: INT }
    feature { name: "real" type: FLOAT }
    feature { name: "text" type: BYTES presence { min_count: 1 } }
    """,
    schema_pb2.Schema(),
)
VALUES = {
    "whole": (None, [], [7], [-1, 0, 2**40]),
    "real": (None, [], [0.25, float("nan")], [-1.5]),
    "text": ([b"a"], None, [b"", b"\xff\x00"], []),
}


def example(values: dict) -> bytes:
    """An Example; None for a feature that is missing, and one that no schema names."""
    result = tf.train.Example()
    result.features.feature["unnamed"].int64_list.value.append(1)
    for name, kind in (("whole", "int64_list"), ("real", "float_list"), ("text", "bytes_list")):
        if values[name] is not None:
            getattr(result.features.feature[name], kind).SetInParent()
            getattr(result.features.feature[name], kind).value.extend(values[name])
    return result.SerializeToString(deterministic=True)


ALL = [example(dict(zip(VALUES, row, strict=True))) for row in itertools.product(*VALUES.values())]
COMPLETE = [example({"whole": [i], "real": [i / 2], "text": [b"%d" % i]}) for i in range(5)]
EMPTY = [tf.train.Example().SerializeToString()] * 3


def expected(serialized: list[bytes], columns: list[str]) -> pa.RecordBatch:
    """By tfx_bsl's decoder."""
    schema = project(SCHEMA, columns)
    decoder = example_coder.ExamplesToRecordBatchDecoder(schema.SerializeToString())
    return record_based_tfxio.AppendRawRecordColumn(
        decoder.DecodeBatch(serialized), tfma.ARROW_INPUT_COLUMN, serialized
    )


@pytest.mark.parametrize("columns", [["whole"], ["text"], ["real", "whole", "no such"]])
@pytest.mark.parametrize("serialized", [ALL, COMPLETE, EMPTY, ALL[:1]])
def test_decoder_equals_tfx_bsls(columns, serialized):
    decoder = Decoder(project(SCHEMA, columns))
    array, tensors = decoder.parse(tf.constant(serialized))
    decoded = decoder.record_batch(array.numpy(), tensors)
    wanted = expected(serialized, columns)
    assert decoded.schema == wanted.schema
    assert decoded.to_pydict().keys() == wanted.to_pydict().keys()
    for name in decoded.schema.names:
        left, right = (batch.column(batch.schema.names.index(name)) for batch in (decoded, wanted))
        assert left.is_null().equals(right.is_null()), name
        np.testing.assert_equal(left.to_pylist(), right.to_pylist())


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_files_are_read_as_by_the_tfxio(suffix, tmp_path):
    for number in range(2):
        records = ALL[number * 30 : (number + 1) * 30]
        tfrecords.write(tmp_path / f"part-{number}{suffix}", records, "GZIP" if suffix else "")
    pattern = str(tmp_path / "part-*")
    source = tf_example_record.TFExampleRecord(
        pattern, schema=SCHEMA, raw_record_column_name=tfma.ARROW_INPUT_COLUMN
    )

    def rows(batch: pa.RecordBatch) -> list[str]:
        kept = ["whole", tfma.ARROW_INPUT_COLUMN]
        return [repr(row) for row in batch.to_pandas()[kept].values.tolist()]

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        quick = (
            pipeline | ReadFeatures([pattern], SCHEMA, ["whole"], 16) | "Rows" >> beam.FlatMap(rows)
        )
        batches = pipeline | "Stock" >> source.BeamSource(16)
        stock = batches | "StockRows" >> beam.FlatMap(rows)
        sizes = pipeline | "Again" >> ReadFeatures([pattern], SCHEMA, [], 16)
        sizes = sizes | "Sizes" >> beam.Map(lambda batch: batch.num_rows)
        both = (quick | beam.combiners.ToList(), beam.pvalue.AsIter(stock))
        same = both[0] | beam.Map(lambda left, right: sorted(left) == sorted(right), both[1])
        util.assert_that(same, util.equal_to([True]), label="same")
        util.assert_that(sizes, util.equal_to([16, 14, 16, 14]), label="sizes")


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_parts_of_a_file_have_its_batches_once(suffix, tmp_path):
    path = tmp_path / f"examples{suffix}"
    path = tfrecords.write(path, ALL[:41], "GZIP" if suffix else "")

    def rows(batch: pa.RecordBatch) -> tuple[bytes, ...]:
        return tuple(row[0] for row in batch.column(batch.num_columns - 1).to_pylist())

    batches = [tuple(ALL[start : min(start + 8, 41)]) for start in range(0, 41, 8)]
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        for parts in (1, 2, 5, 7):  # The last has a part without any batch.
            read = pipeline | f"{parts}" >> ReadFeatures([path], SCHEMA, [], 8, parts)
            found = read | f"Rows{parts}" >> beam.Map(rows)
            util.assert_that(found, util.equal_to(batches), label=f"{parts}")


def test_unread_parts_are_read_as_by_the_reader(tmp_path, monkeypatch):
    for number in range(3):
        tfrecords.write(tmp_path / f"part-{number}", ALL[number * 20 : (number + 1) * 20])
    reader = ReadFeatures([str(tmp_path / "part-*")], SCHEMA, ["whole"], 8, parts=3)
    monkeypatch.setattr("checkpoint_sweep.evaluation.inputs.reader.number_of_workers", lambda _: 4)
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        unread = pipeline | UnreadFeatures(reader)
        sizes = unread | "Parts" >> beam.Map(lambda element: len(element.parts))
        found = unread | beam.FlatMap(lambda element: map(repr, element.batches()))
        read = pipeline | "Read" >> reader | beam.Map(repr)
        both = (found | beam.combiners.ToList(), beam.pvalue.AsIter(read))
        same = both[0] | beam.Map(lambda left, right: sorted(left) == sorted(right), both[1])
        util.assert_that(same, util.equal_to([True]), label="same")
        util.assert_that(sizes, util.equal_to([3, 2, 2, 2]), label="sizes")


def test_no_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no examples at .*nothing"), beam.Pipeline() as p:
        _ = p | ReadFeatures([str(tmp_path / "nothing-*")], SCHEMA, ["whole"], 16)
