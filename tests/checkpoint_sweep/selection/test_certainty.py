"""Which of the eligible cannot be told from the best, from their replicates."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest

from checkpoint_sweep.selection import certainty
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.policies import CandidateResult
from checkpoint_sweep.selection.replicates import Replicates

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER
_SIZES = (100,) * 20


def _result(value: float, seed: int, spread: float = 0.01) -> CandidateResult:
    """With a standard error of about 4.4 times the spread."""
    around = np.random.default_rng(seed).normal(size=20) * spread
    replicates = Replicates(value, tuple((value + around).tolist()), _SIZES)
    return CandidateResult(f"step-{seed}", seed, value, replicates=replicates)


def _mirrored(result: CandidateResult) -> CandidateResult:
    assert result.replicates is not None
    assert result.value is not None
    left_out = tuple(-number for number in result.replicates.left_out)
    mirrored = dataclasses.replace(result.replicates, value=-result.value, left_out=left_out)
    return dataclasses.replace(result, value=-result.value, replicates=mirrored)


def _members(results: Sequence[CandidateResult], direction: Direction) -> list[bool | None]:
    return [r.in_best_set for r in certainty.with_best_set(results, direction, 0.95)]


@pytest.mark.parametrize(
    ("values", "members"),
    [
        pytest.param([0.9, 0.5, 0.5], [True, False, False], id="a clear winner"),
        pytest.param([0.9, 0.89, 0.5], [True, True, False], id="two near each other"),
        pytest.param([0.5, 0.5, 0.5], [True, True, True], id="equal"),
        pytest.param([0.7], [True], id="one"),
    ],
)
def test_candidates_tied_with_the_best_are_marked(values: list[float], members: list[bool]) -> None:
    results = [_result(value, seed) for seed, value in enumerate(values)]
    assert _members(results, HIGHER) == members
    assert _members([_mirrored(result) for result in results], LOWER) == members


def test_the_direction_decides() -> None:
    results = [_result(0.9, 0), _result(0.5, 1)]
    assert _members(results, HIGHER) == [True, False]
    assert _members(results, LOWER) == [False, True]


def test_marking_changes_nothing_else() -> None:
    results = [_result(0.9, 0), _result(0.5, 1)]
    marked = certainty.with_best_set(results, HIGHER, 0.95)
    assert [dataclasses.replace(r, in_best_set=None) for r in marked] == results


def _without_replicates(result: CandidateResult) -> CandidateResult:
    return dataclasses.replace(result, replicates=None)


def _one_nan(result: CandidateResult) -> CandidateResult:
    assert result.replicates is not None
    left_out = (math.nan, *result.replicates.left_out[1:])
    replicates = dataclasses.replace(result.replicates, left_out=left_out)
    return dataclasses.replace(result, replicates=replicates)


def _of_other_examples(result: CandidateResult) -> CandidateResult:
    assert result.replicates is not None
    sizes = (*result.replicates.examples[:-1], 101)
    replicates = dataclasses.replace(result.replicates, examples=sizes)
    return dataclasses.replace(result, replicates=replicates)


@pytest.mark.parametrize("spoil", [_without_replicates, _one_nan, _of_other_examples])
def test_one_unknown_error_leaves_all_unmarked(spoil) -> None:
    results = [_result(0.9, 0), spoil(_result(0.2, 1)), _result(0.5, 2)]
    assert _members(results, HIGHER) == [None, None, None]


def test_of_no_candidates_there_is_no_set() -> None:
    assert certainty.with_best_set([], HIGHER, 0.95) == []


def test_an_estimate_has_an_interval_around_the_value() -> None:
    found = certainty.estimate_of(_result(0.9, 0), 0.95)
    assert found is not None
    assert found.interval is not None
    assert found.interval[0] < 0.9 < found.interval[1]
    assert certainty.estimate_of(CandidateResult("a", 1, 0.9), 0.95) is None


def test_a_difference_needs_the_same_examples() -> None:
    one, chosen = _result(0.5, 0), _result(0.9, 1)
    found = certainty.difference(one, chosen, 0.95)
    assert found is not None
    assert found.value == pytest.approx(-0.4)
    same = certainty.difference(chosen, chosen, 0.95)
    assert same is not None
    assert (same.value, same.standard_error) == (0.0, 0.0)
    for spoil in (_without_replicates, _of_other_examples):
        assert certainty.difference(spoil(one), chosen, 0.95) is None
        assert certainty.difference(one, spoil(chosen), 0.95) is None
    unknown = certainty.difference(_one_nan(one), chosen, 0.95)
    assert unknown is not None
    assert unknown.interval is None
