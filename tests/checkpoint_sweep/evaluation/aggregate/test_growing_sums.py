"""Sums that grow in place hold what sorting gives, in any order of the batches."""

import numpy as np
import pytest

from checkpoint_sweep.evaluation.aggregate import growing_sums, slicing, sums
from checkpoint_sweep.evaluation.aggregate.entries import Entries, Pairs

SIZES = [300, 40_000, 40_000, 300, 90_000]


def batches(sizes):
    """Entries, as many as a batch may have, with weights that are zero now and then."""
    generator = np.random.default_rng(0)
    made = []
    for size in sizes:
        codes = generator.integers(size // 3, size, 2_000)
        columns = [generator.random(2_000), generator.integers(0, 2, 2_000).astype(float)]
        made.append(Entries(codes, columns, size))
    return made


def by_sorting(given):
    codes = np.concatenate([entries.codes for entries in given])
    columns = [np.concatenate(found) for found in zip(*(e.columns for e in given), strict=True)]
    return sums.Sums.of(codes, columns, 1 << 40)


def added(given):
    growing = growing_sums.GrowingSums(2)
    for entries in given:
        growing.add(entries)
    return growing


def check(found, expected):
    np.testing.assert_array_equal(found.codes, expected.codes)
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-12, atol=0)


@pytest.mark.parametrize("most_places", [1 << 26, 50_000, 1_000, 0])
@pytest.mark.parametrize("step", [1, -1])
def test_batches_add_up_to_what_sorting_gives(most_places, step, monkeypatch):
    monkeypatch.setattr(growing_sums, "_MOST_PLACES", most_places)
    given = batches(SIZES)[::step]
    growing = added(given)
    check(growing.take(), by_sorting(given))
    assert not growing.take().codes.size
    # What comes after is added to nothing.
    growing.add(given[1])
    check(growing.take(), by_sorting(given[1:2]))


def test_a_code_of_no_weight_is_there():
    growing = growing_sums.GrowingSums(1)
    growing.add(Entries(np.array([7, 3, 7]), [np.zeros(3)], 100_000))
    found = growing.take()
    assert (found.codes.tolist(), found.values.tolist()) == ([3, 7], [[0.0], [0.0]])


ROWS = slicing.Rows([], np.array([2, 0, 2, 0]), np.array([0, 1, 3, 3]))
NUMBERS = np.array([5, 9, 1])
MODELS, TOTAL, SIZE, BUCKETS = [1, 2], 4, 4, 3
GENERATOR = np.random.default_rng(1)


@pytest.mark.parametrize(
    "bucket",
    [
        pytest.param(2, id="one bucket"),
        pytest.param(np.arange(3), id="by value"),
        pytest.param(GENERATOR.integers(0, 3, (2, 4, 3)), id="by model, example and value"),
    ],
)
@pytest.mark.parametrize(
    "shape", [(2, 4, 3), (1, 4, 3), (2, 4, 1), (1, 4, 1)], ids=lambda shape: f"{shape}"
)
def test_entries_are_those_of_all_that_broadcasts(bucket, shape):
    column = GENERATOR.random(shape).astype(np.float32)
    whole = np.broadcast_to(column, (2, 4, 3))
    buckets = np.broadcast_to(bucket, (2, 4, 3))
    expected: dict[int, float] = {}
    for row, example in zip(ROWS.row, ROWS.example, strict=True):
        for index, model in enumerate(MODELS):
            for value in range(3):
                code = (NUMBERS[row] * TOTAL + model) * BUCKETS + buckets[index, example, value]
                added = float(whole[index, example, value])
                expected[code] = expected.get(code, 0.0) + added
    pairs = Pairs(ROWS, NUMBERS, MODELS, TOTAL, SIZE)
    entries = pairs.entries(bucket, BUCKETS, [column, np.ones((2, 4, 3))])
    found = sums.Sums.of(entries.codes, entries.columns, entries.size)
    assert (entries.codes < entries.size).all()
    assert found.codes.tolist() == sorted(expected)
    np.testing.assert_allclose(found.values[:, 0], [expected[c] for c in found.codes], rtol=1e-12)
