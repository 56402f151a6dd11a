"""Errors of cross slices are right only if an example has one fold in all its slices."""

import pytest

from benchmarks.study.cross_slices import simulate


def test_a_fold_for_each_slice_makes_the_error_too_wide() -> None:
    found = simulate(sets=400)
    assert found.value == pytest.approx(1, abs=0.15)
    assert found.once == pytest.approx(1, abs=0.15)
    assert found.anew > 1.5
