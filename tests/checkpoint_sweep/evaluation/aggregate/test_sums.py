"""Sums by code against plain dictionaries."""

import pickle

import numpy as np
import pytest

from checkpoint_sweep.evaluation.aggregate import pending_sums, sums

STRIDE = 5


def random_sums(generator: np.random.Generator, rows: int) -> sums.Sums:
    codes = np.flatnonzero(generator.random(rows * STRIDE) < 0.4)
    return sums.Sums(codes, generator.random((codes.size, 2)))


def as_dict(part: sums.Sums) -> dict[int, list[float]]:
    assert (np.diff(part.codes) > 0).all()
    return dict(zip(part.codes.tolist(), part.values.tolist(), strict=True))


@pytest.mark.parametrize("size", [40, 5_000, 70_000, 2**33])
def test_sums_are_those_of_each_code(size):
    generator = np.random.default_rng(size)
    codes = generator.integers(0, size, (2, 300)) // 7 * 7
    column = generator.random((2, 300))
    expected: dict[int, float] = {}
    for code, value in zip(codes.ravel().tolist(), column.ravel().tolist(), strict=True):
        expected[code] = expected.get(code, 0.0) + value
    found = as_dict(sums.Sums.of(codes, [column, column], size))
    assert found.keys() == expected.keys()
    for code, value in expected.items():
        np.testing.assert_allclose(found[code], [value, value], rtol=1e-14)


@pytest.mark.parametrize(("large", "small"), [(0, 0), (0, 9), (9, 0), (9, 1), (9, 3), (9, 9)])
def test_inserting_equals_merging(large, small):
    generator = np.random.default_rng(large * small)
    parts = [random_sums(generator, rows) for rows in (large, small)]
    expected = as_dict(sums.Sums.merge(parts))
    assert as_dict(parts[0].insert(parts[1])) == expected


@pytest.mark.parametrize("least_to_pack", [64, 0], ids=["as they are", "packed"])
@pytest.mark.parametrize("pending", [1, 10, 1000])
def test_pending_sums_are_the_sum_of_their_parts(pending, least_to_pack, monkeypatch):
    monkeypatch.setattr(pending_sums, "_PENDING_ENTRIES", pending)
    monkeypatch.setattr(pending_sums, "LEAST_TO_PACK", least_to_pack)
    generator = np.random.default_rng(pending)
    # In numbers that floats add exactly, in any order.
    parts = [
        (generator.integers(0, 10**6, 50) // 10**4, generator.integers(0, 9, 50)) for _ in range(20)
    ]
    growing = pending_sums.PendingSums([sums.Sums.empty(1)])
    for codes, column in parts:
        growing.add(sums.Sums.of(codes * 1000, [column], 10**6))
        growing.pack()
    whole = sums.Sums.of(
        np.concatenate([codes for codes, _ in parts]) * 1000,
        [np.concatenate([column for _, column in parts])],
        10**6,
    )
    assert as_dict(growing.compact()) == as_dict(whole)


@pytest.mark.parametrize("targets", [[0, 1, 2, 3], [1, 0, 3, 2], [7, 2, 0, 9], [3, 5, 8, 9]])
def test_moving_rows_equals_remapping_them(targets):
    part = random_sums(np.random.default_rng(1), len(targets))
    moved = part.move(STRIDE, np.array(targets))
    remapped = part.remap(STRIDE, np.arange(len(targets) + 1), np.array(targets))
    assert as_dict(moved) == as_dict(remapped)


@pytest.mark.parametrize(
    "column",
    [
        [0.0, 1.0, 3.0],
        [0.5, 1.0, 3.0],
        [-1.0, 0.0, 1.0],
        [-0.0, 0.0, 1.0],
        [np.nan, np.inf, 0.0],
        [2.0**32, 2.0**53, 70_000.0],
        [70_000.0, 0.0, 1.0],
        [],
    ],
)
@pytest.mark.parametrize("least", [0, 64], ids=["packed", "as they are"])
def test_pickled_sums_are_the_same(column, least, monkeypatch):
    monkeypatch.setattr(sums, "LEAST_TO_PACK", least)
    codes = np.array([3, 2**20, 2**45])[: len(column)]
    part = sums.Sums(codes, np.array([column, column[::-1]]).T)
    copied = pickle.loads(pickle.dumps(part))
    assert copied.codes.tolist() == codes.tolist()
    assert copied.codes.dtype == np.int64
    assert copied.values.shape == part.values.shape
    assert copied.values.tobytes() == np.ascontiguousarray(part.values).tobytes()


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_rows_are_added_to_others_a_part_at_a_time(at_once, monkeypatch):
    monkeypatch.setattr(sums, "_ENTRIES_AT_ONCE", at_once)
    part = random_sums(np.random.default_rng(at_once), 6)
    targets = [[3], [], [0, 3], [3, 1, 0], [2], [3]]
    expected: dict[int, np.ndarray] = {}
    for code, values in zip(part.codes.tolist(), part.values, strict=True):
        for target in targets[code // STRIDE]:
            moved = target * STRIDE + code % STRIDE
            expected[moved] = expected.get(moved, 0.0) + values
    indptr = np.cumsum([0, *map(len, targets)])
    remapped = part.remap(STRIDE, indptr, np.concatenate(targets).astype(np.int64))
    found = as_dict(remapped)
    assert found.keys() == expected.keys()
    for code, values in expected.items():
        np.testing.assert_allclose(found[code], values, rtol=1e-14)


def test_moving_rows_of_empty_sums_gives_empty_sums():
    empty = sums.Sums.empty(2)
    assert empty.move(STRIDE, np.array([4, 1])).codes.size == 0
    assert empty.move(STRIDE, np.zeros(0, np.int64)).codes.size == 0
