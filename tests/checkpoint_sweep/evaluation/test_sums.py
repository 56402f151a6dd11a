"""Sums by code against plain dictionaries."""

import numpy as np
import pytest

from checkpoint_sweep.evaluation import sums

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


@pytest.mark.parametrize("targets", [[0, 1, 2, 3], [1, 0, 3, 2], [7, 2, 0, 9], [3, 5, 8, 9]])
def test_moving_rows_equals_remapping_them(targets):
    part = random_sums(np.random.default_rng(1), len(targets))
    moved = part.move(STRIDE, np.array(targets))
    remapped = part.remap(STRIDE, np.arange(len(targets) + 1), np.array(targets))
    assert as_dict(moved) == as_dict(remapped)


def test_moving_nothing_gives_nothing():
    empty = sums.Sums.empty(2)
    assert empty.move(STRIDE, np.array([4, 1])).codes.size == 0
    assert empty.move(STRIDE, np.zeros(0, np.int64)).codes.size == 0
