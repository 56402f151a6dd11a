"""Which of the eligible are tied with the best, and how far each is from the chosen."""

import dataclasses
import math
import re
from collections.abc import Sequence

import numpy as np
import pytest

from checkpoint_sweep.selection import certainty
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.decision import choose
from checkpoint_sweep.selection.formatting import with_sign
from checkpoint_sweep.selection.judgement import judge
from checkpoint_sweep.selection.policies import (
    BestValue,
    CandidateResult,
    EarliestWithin,
    SelectionPolicy,
)
from checkpoint_sweep.selection.replicates import Replicates
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.set_policies import EarliestOfSet
from checkpoint_sweep.selection.verdict_table import row_cells

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
    assert [dataclasses.replace(r, in_best_set=None, beaten_by=None) for r in marked] == results
    assert [r.beaten_by for r in marked] == [None, "step-0"]


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
    family = certainty.family_of([chosen, _result(0.8, 2)], HIGHER, 0.95)
    assert family is not None
    found = family.difference(one, chosen)
    assert found is not None
    assert found.value == pytest.approx(-0.4)
    same = family.difference(chosen, chosen)
    assert same is not None
    assert (same.value, same.standard_error, same.interval) == (0.0, 0.0, (0.0, 0.0))
    for spoil in (_without_replicates, _of_other_examples, _one_nan):
        spoiled = dataclasses.replace(spoil(one), name="spoiled")
        assert family.difference(spoiled, chosen) is None


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("direction", [HIGHER, LOWER])
@pytest.mark.parametrize("policy", [BestValue(), EarliestOfSet(), EarliestWithin(0.05)])
def test_what_is_shown_of_a_difference_never_contradicts_the_verdict(
    seed: int, direction: Direction, policy: SelectionPolicy
) -> None:
    """Of values with any covariance, some equal, some with nothing but a shift between them."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 9))
    mixing = rng.normal(size=(count, count)) * rng.choice((0.01, 1.0), size=(count, 1))
    around = 0.01 * mixing @ rng.normal(size=(count, 20))
    values = 0.9 + 0.02 * rng.normal(size=count)
    around[-1] = around[0]
    values[-1] = values[0] + rng.choice((0.0, 0.01))
    results = [
        CandidateResult(
            f"step-{step}",
            step,
            value,
            threshold_failures=["missed"] if step == 1 and seed % 2 else [],
            replicates=Replicates(value, tuple((value + row).tolist()), _SIZES),
        )
        for step, (value, row) in enumerate(zip(values.tolist(), around, strict=True))
    ]
    decision = choose(results, direction, policy)
    winner = decision.winner
    assert winner is not None
    for verdict in decision.verdicts:
        if verdict is winner or not verdict.eligible:
            continue
        assert verdict.difference is not None
        assert winner.value is not None
        assert verdict.value is not None
        low, high = verdict.difference.interval
        is_better = direction.loss(verdict.value) < direction.loss(winner.value)
        if not low <= 0 <= high:  # It is significant, and the worse of the two is not the best.
            assert (winner if is_better else verdict).in_best_set is False
        if verdict.beaten_by == winner.name:
            assert not low <= 0 <= high
            assert verdict.difference_to_better == verdict.difference
        shown, half = map(float, with_sign(verdict.difference.value, (low, high)).split(" ± "))
        if verdict.in_best_set and not is_better:
            assert abs(shown) <= half
            assert verdict.beaten_by is None
        if verdict.beaten_by == winner.name:
            assert abs(shown) >= half


def test_one_that_is_worse_than_another_than_the_chosen_says_than_which() -> None:
    """Step 2 is far from step 1 with little noise between them, and near step 0 with much."""
    around = np.random.default_rng(1).normal(size=(2, 20)) * 0.01
    rows = {0: (0.90, around[0]), 1: (0.91, around[1]), 2: (0.89, around[1] * 1.001)}
    results = [
        CandidateResult(
            f"step-{step}",
            step,
            value,
            replicates=Replicates(value, tuple((value + row).tolist()), _SIZES),
        )
        for step, (value, row) in rows.items()
    ]
    decision = choose(results, HIGHER, EarliestOfSet())
    found = judge(decision, Selection("auc"), HIGHER, unvalidated_reason=None)
    assert found.chosen == "step-0"
    worse = found.verdicts[2]
    assert worse.difference is not None
    low, high = worse.difference.interval
    assert low < 0 < high
    to_better = worse.difference_to_better
    assert to_better is not None
    assert to_better.value == pytest.approx(-0.02)
    assert to_better.interval[1] < 0
    assert re.fullmatch(
        r"significantly worse than step 1 \(Δ -0\.0200?\d* ± 0\.\d+\)", row_cells(worse, found)[2]
    )
    assert worse.reason == "significantly worse than step 1"
