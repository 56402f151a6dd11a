"""A difference of two values, and whether it is more than noise."""

import math
from typing import Any

import pytest

from checkpoint_sweep.common.names import OVERALL, MetricName
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.differences import compare_values
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.replicates import Replicates

AUC = MetricName("", "", "auc")
HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER
_EXAMPLES = (50, 50, 50, 50)


def _replicates(value: float, *off: float, examples: tuple[int, ...] = _EXAMPLES) -> Replicates:
    return Replicates(value, tuple(value + by for by in off), examples)


def _compare(first: Any, second: Any, direction: Direction | None = HIGHER) -> Any:
    values = tuple(r.value if isinstance(r, Replicates) else r for r in (first, second))
    known = tuple(r if isinstance(r, Replicates) else None for r in (first, second))
    return compare_values((OVERALL, AUC), values, known, direction, 0.95)


_NOISY = (0.1, -0.1, 0.05, -0.05)
_LIKE_NOISY = (0.101, -0.101, 0.05, -0.05)


@pytest.mark.parametrize(
    ("gain", "direction", "beyond", "better"),
    [
        (0.2, HIGHER, True, True),
        (-0.2, HIGHER, True, False),
        (0.2, LOWER, True, False),
        (0.2, None, True, None),
        (0.001, HIGHER, False, True),
        (0.0, HIGHER, False, None),
    ],
)
def test_errors_in_common_do_not_hide_a_difference(
    gain: float, direction: Direction | None, beyond: bool, better: bool | None
) -> None:
    first = _replicates(0.5, *_NOISY)
    second = _replicates(0.5 + gain, *_LIKE_NOISY)
    own = estimate(first).interval
    assert own is not None
    assert own[0] < 0.5 + gain < own[1]  # Alone, neither could be told from the other.
    row = _compare(first, second, direction)
    assert row.difference == pytest.approx(gain)
    assert row.interval == estimate(second.minus(first)).interval
    assert (row.significant, row.better) == (beyond, better)


@pytest.mark.parametrize(
    "second",
    [0.6, _replicates(0.6, *_NOISY, examples=(49, 51, 50, 50))],
    ids=["without replicates", "other examples"],
)
def test_without_the_same_examples_there_is_no_interval(second: Any) -> None:
    row = _compare(_replicates(0.5, *_NOISY), second)
    assert (row.interval, row.significant, row.better) == (None, None, True)
    assert row.difference == pytest.approx(0.1)


def test_values_that_are_no_numbers_have_no_difference() -> None:
    row = _compare(math.nan, 0.5)
    assert (row.first, row.second, row.difference) == (None, 0.5, None)
