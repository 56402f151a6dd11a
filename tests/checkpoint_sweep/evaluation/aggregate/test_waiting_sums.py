"""Sums that wait hold what adding entry by entry gives, in any order of the batches."""

import numpy as np
import pytest

from checkpoint_sweep.evaluation.aggregate import slicing, sums, waiting_sums
from checkpoint_sweep.evaluation.aggregate.entries import Contribution, Pairs
from checkpoint_sweep.evaluation.aggregate.waiting_sums import WaitingSums

TOTAL = 4
# Whole: each example is in one row. Twice: some examples are in two rows, and some in none.
WHOLE = slicing.Rows([], np.array([2, 0, 2, 0]), np.array([0, 1, 2, 3]))
TWICE = slicing.Rows([], np.array([2, 0, 2, 0]), np.array([0, 1, 3, 3]))
# Alike: rows 2 and 3 have one number, since they are the same set of slices.
ALIKE = slicing.Rows([], np.array([2, 0, 3, 3]), np.array([0, 1, 2, 3]))
NUMBERS = np.array([5, 9, 1, 1])
SIZE, MODELS = 4, [2, 1]
GENERATOR = np.random.default_rng(1)


def one_by_one(batches, buckets):
    """Adds up batches of rows, models, bucket and columns in the plainest way."""
    found: dict[int, np.ndarray] = {}
    for rows, models, bucket, columns in batches:
        shape = (len(models), SIZE, 3)
        whole = [np.broadcast_to(array, shape) for array in (bucket, *columns)]
        for row, example in zip(rows.row, rows.example, strict=True):
            for index, model in enumerate(models):
                for value in range(3):
                    at = (index, example, value)
                    code = (NUMBERS[row] * TOTAL + model) * buckets + whole[0][at]
                    added = np.array([float(array[at]) for array in whole[1:]])
                    found[int(code)] = found.get(int(code), 0.0) + added
    return dict(sorted(found.items()))


def added(batches, buckets, after_each=lambda waiting: None):
    waiting = WaitingSums(len(batches[0][3]), buckets, TOTAL)
    for rows, models, bucket, columns in batches:
        given = Contribution.narrowed(bucket, columns, buckets)
        waiting.add(Pairs(rows, NUMBERS, models, TOTAL, SIZE), given)
        after_each(waiting)
    (whole,) = waiting.take()
    return whole


def check(found, expected):
    assert found.codes.tolist() == list(expected)
    np.testing.assert_allclose(found.values, list(expected.values()), rtol=1e-12, atol=0)


def random(*shape):
    return GENERATOR.random(shape)


BUCKETS = [
    pytest.param(2, id="one bucket"),
    pytest.param(np.arange(3), id="by value"),
    pytest.param(GENERATOR.integers(0, 3, (1, 4, 3)), id="by example and value"),
    pytest.param(GENERATOR.integers(0, 3, (2, 4, 3)), id="by model, example and value"),
]


@pytest.mark.parametrize("rows", [WHOLE, TWICE, ALIKE], ids=["whole", "twice", "alike"])
@pytest.mark.parametrize("bucket", BUCKETS)
@pytest.mark.parametrize("shape", [(2, 4, 3), (1, 4, 3), (2, 4, 1), (1, 4, 1)], ids=str)
def test_sums_are_those_of_all_that_broadcasts(bucket, shape, rows):
    batches = [(rows, MODELS, bucket, [random(*shape), np.ones((2, 4, 3))])]
    check(added(batches, 3), one_by_one(batches, 3))


@pytest.mark.parametrize("cells_per_entry", [8, 0], ids=["through all cells", "sorted"])
@pytest.mark.parametrize("sum_after_each", [False, True])
@pytest.mark.parametrize("step", [1, -1])
def test_batches_add_up_in_any_order(step, sum_after_each, cells_per_entry, monkeypatch):
    monkeypatch.setattr(waiting_sums, "_CELLS_PER_ENTRY", cells_per_entry)
    batches = [
        (
            rows,
            models,
            GENERATOR.integers(0, 1000, (len(models), SIZE, 3)),
            [random(len(models), SIZE, 3), GENERATOR.integers(0, 2, (1, SIZE, 1))],
        )
        for rows in (WHOLE, TWICE)
        for models in ([0, 1, 3], [3], [2, 1, 0], [0, 1, 3])
    ][::step]
    found = added(batches, 1000, WaitingSums.sum if sum_after_each else lambda waiting: None)
    check(found, one_by_one(batches, 1000))


@pytest.mark.parametrize("bucket", [0, GENERATOR.integers(0, 3, (3, SIZE, 3))], ids=["one", "more"])
def test_ranges_of_models_have_their_own_sums(bucket):
    given = Contribution.narrowed(bucket, [random(3, SIZE, 3)], 3)
    whole, ranges = WaitingSums(1, 3, TOTAL), WaitingSums(1, 3, TOTAL, firsts=[0, 1, 3])
    for waiting in (whole, ranges):
        waiting.add(Pairs(TWICE, NUMBERS, [2, 3, 0], TOTAL, SIZE), given)
    found = list(ranges.take())
    (expected,) = whole.take()
    merged = sums.Sums.merge(found)
    assert merged.codes.tolist() == expected.codes.tolist()
    assert merged.values.tolist() == expected.values.tolist()
    models = [set((part.codes // 3 % TOTAL).tolist()) for part in found]
    assert models == ([{0}, {2}, {3}] if np.ndim(bucket) else [{0, 2, 3}, set(), set()])


@pytest.mark.parametrize("distinct", [1, 2, 5])
@pytest.mark.parametrize("kind", [float, np.float32, int, bool])
def test_columns_of_few_values_are_counted(distinct, kind):
    values = np.linspace(0, 3, distinct).astype(kind)
    label, weight = values[GENERATOR.integers(0, distinct, (2, 1, SIZE, 1))]
    bucket = GENERATOR.integers(0, 5, (2, SIZE, 3))
    batches = [(WHOLE, MODELS, bucket, [label, random(2, SIZE, 3), weight])]
    check(added(batches, 5), one_by_one(batches, 5))


@pytest.mark.parametrize("bucket", [0, np.array([[[0], [1], [0], [1]]])], ids=["one", "several"])
def test_a_code_of_no_weight_is_there(bucket):
    batches = [(WHOLE, [0], bucket, [np.zeros((1, SIZE, 1))])]
    found = added(batches, 2)
    assert found.codes.size
    check(found, one_by_one(batches, 2))


def test_nothing_is_nothing():
    nothing = slicing.Rows([], np.zeros(0, np.int64), np.zeros(0, np.int64))
    batches = [(nothing, [0], bucket, [np.ones((1, SIZE, 1))]) for bucket in (0, np.zeros(3, int))]
    assert not added(batches, 2).codes.size


def test_infinite_and_nan_values_are_summed():
    values = np.array([np.inf, -np.inf, np.nan, 1e300]).reshape(1, SIZE, 1)
    bucket = np.arange(SIZE).reshape(1, SIZE, 1)
    found = added([(WHOLE, [0], bucket, [values])], SIZE)
    assert sorted(map(str, found.values[:, 0].tolist())) == ["-inf", "1e+300", "inf", "nan"]


def test_numbers_wait_in_small_types_where_these_are_exact():
    columns = [np.array([[[0.5]]]), np.array([[[0.1]]]), np.array([[[1e300]]]), np.ones((1, 1, 1))]
    given = Contribution.narrowed(np.array([[[9_999]]]), columns, 10_000)
    assert given.bucket.dtype == np.uint16
    assert [str(column.dtype) for column in given.columns] == [
        "float32",
        "float64",
        "float64",
        "float32",
    ]
