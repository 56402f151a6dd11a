"""The examples of the table of sizes: those of the run first, then with other numbers."""

import itertools

import tensorflow as tf

from benchmarks.common import memory
from benchmarks.sizes import job
from tests.support import passthrough_model


def test_repeated_examples_differ_in_their_numbers_only():
    given = [passthrough_model.serialize({"x": [number], "name": ["cab"]}) for number in (1.0, 2.0)]
    made = [
        [tf.train.Example.FromString(one) for one in itertools.islice(job.jittered(given), 6)]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert made[0][:2] == [tf.train.Example.FromString(one) for one in given]
    features = [example.features.feature for example in made[0]]
    numbers = [feature["x"].float_list.value[0] for feature in features]
    assert len(set(numbers)) == 6
    for number, expected in zip(numbers, [1.0, 2.0] * 3, strict=True):
        assert abs(number / expected - 1) < 0.01
    assert {feature["name"].bytes_list.value[0] for feature in features} == {b"cab"}


def test_one_feature_has_as_many_values_as_are_asked_for():
    given = [passthrough_model.serialize({"company": ["cab"], "x": [1.0]})] * 7
    made = [tf.train.Example.FromString(one) for one in job.sliced(given, 3)]
    texts = [one.features.feature["company"].bytes_list.value[0].decode() for one in made]
    assert texts == [f"company {number}" for number in (0, 1, 2, 0, 1, 2, 0)]
    assert {one.features.feature["x"].float_list.value[0] for one in made} == {1.0}


def test_the_peak_is_that_of_this_process():
    before = memory.peak_bytes()
    held = bytearray(300_000_000)
    held[::4096] = b"x" * len(held[::4096])
    assert memory.peak_bytes() >= max(before, 300_000_000)
