"""Beam does not write down large elements to know their size, and hands them to other workers."""

import pickle
from typing import Any

import pytest
from apache_beam.coders import FastPrimitivesCoder

from checkpoint_sweep.evaluation.aggregate.unmeasured import UnmeasuredList, UnmeasuredPair


class _Counted:
    """Counts how often it is pickled."""

    pickled = 0

    def __reduce__(self) -> tuple[Any, ...]:
        type(self).pickled += 1
        return _Counted, ()


@pytest.mark.parametrize("large", [UnmeasuredPair("key", _Counted()), UnmeasuredList([_Counted()])])
def test_its_size_is_not_measured(large: Any) -> None:
    before = _Counted.pickled
    FastPrimitivesCoder().get_impl().get_estimated_size_and_observables(large)
    assert _Counted.pickled == before


@pytest.mark.parametrize("large", [UnmeasuredPair("key", [1, 2]), UnmeasuredList([1, 2])])
def test_it_is_the_same_after_pickling(large: Any) -> None:
    again = pickle.loads(pickle.dumps(large))
    assert again == large
    assert type(again) is type(large)
