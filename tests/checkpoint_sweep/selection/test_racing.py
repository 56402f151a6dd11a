"""A race drops those that are out, by values that are those that results would show."""

import numpy as np
import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.racing import out
from checkpoint_sweep.selection.replicates import Replicates


def _replicates(value: float) -> Replicates:
    noise = np.random.default_rng(0).normal(scale=1e-4, size=20)
    return Replicates(value, tuple((value + noise).tolist()), (50,) * 20)


@pytest.mark.parametrize(
    ("shown", "dropped"),
    [
        pytest.param((0.8, 0.7), ["second"], id="the values are those shown"),
        pytest.param((0.8, 0.9), [], id="one is not"),
    ],
)
def test_nobody_is_dropped_by_a_value_that_would_not_be_shown(
    shown: tuple[float, float], dropped: list[str]
) -> None:
    found = {
        "first": _replicates(0.8).around(shown[0]),
        "second": _replicates(0.7).around(shown[1]),
    }
    assert out(found, Direction.HIGHER_IS_BETTER, 0.9) == dropped
