"""A round of a race takes the same examples, whether or not they have been read."""

import pyarrow as pa
import pytest
import tensorflow as tf

from checkpoint_sweep.evaluation.fused.racing.shares import SHARES, TakeShares
from checkpoint_sweep.evaluation.inputs.parts import Part, ReadPart, UnreadParts
from tests.support import tfrecords

EXAMPLES = 50


@pytest.fixture
def part(tmp_path):
    example = tf.train.Example()
    example.features.feature["y"].float_list.value.append(1)
    return Part(tfrecords.write(tmp_path / "data", [example.SerializeToString()] * EXAMPLES))


def _places(batches: list[pa.RecordBatch]) -> list[list[int]]:
    return [batch.column(0).to_pylist() for batch in batches]


@pytest.mark.parametrize("shares", [range(2), range(SHARES)])
def test_unread_parts_have_the_examples_of_their_record_batches(shares, part):
    step, reader = TakeShares(shares), ReadPart(None, 8)
    reader.setup()
    taken = [kept for batch in reader.process(part) for kept in step.process(batch)]
    (unread,) = step.process(UnreadParts((part,), None, 8))
    assert _places(list(unread.batches())) == _places(taken)
    assert (sum(batch.num_rows for batch in taken) == EXAMPLES) == (shares == range(SHARES))
