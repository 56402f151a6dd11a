"""Policies choose among the eligible, and say why."""

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.earliest_eligible import (
    EarliestEligible,
    check_earliest_eligible,
    is_settled,
)
from checkpoint_sweep.selection.policies import (
    BestValue,
    CandidateResult,
    EarliestWithin,
    SelectionError,
    SelectionPolicy,
)

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


@pytest.mark.parametrize(
    ("policy", "direction", "values", "chosen"),
    [
        pytest.param(BestValue(), HIGHER, [0.1, 0.3, 0.2], 1, id="highest"),
        pytest.param(BestValue(), LOWER, [0.3, 0.1, 0.1], 1, id="lowest, the earlier of two"),
        pytest.param(EarliestWithin(0.0), HIGHER, [0.1, 0.3, 0.3], 1, id="no margin"),
        pytest.param(EarliestWithin(0.15), HIGHER, [0.1, 0.2, 0.3], 1, id="within the margin"),
        pytest.param(EarliestWithin(1.0), HIGHER, [0.1, 0.2, 0.3], 0, id="all within it"),
        pytest.param(EarliestWithin(0.15), LOWER, [0.5, 0.4, 0.3, 0.6], 1, id="lower is better"),
        pytest.param(EarliestEligible(), HIGHER, [0.1, 0.3, 0.2], 0, id="the first, however bad"),
    ],
)
def test_a_policy_chooses_by_value_and_margin(
    policy: SelectionPolicy, direction: Direction, values: list[float], chosen: int
) -> None:
    results = [CandidateResult(f"step-{i}", i, value) for i, value in enumerate(values)]
    assert policy.choose(results, direction).name == f"step-{chosen}"


def test_the_earliest_within_a_margin_says_why() -> None:
    values = [0.1, 0.28, 0.3, 0.29]
    results = [CandidateResult(f"step-{i}", i, value) for i, value in enumerate(values)]
    choice = EarliestWithin(0.05).choose(results, HIGHER)
    words = [
        choice.reason if r.name == choice.name else choice.reasons.get(r.name, choice.otherwise)
        for r in results
    ]
    assert words == [
        "more than 0.05 worse than step 2",
        "the earliest within 0.05 of the best, step 2",
        "step 1 is as good within 0.05",
        "step 1 is as good within 0.05",
    ]


@pytest.mark.parametrize("margin", [-0.1, float("nan")])
def test_a_margin_below_0_is_refused(margin: float) -> None:
    with pytest.raises(SelectionError, match="must be at least 0"):
        EarliestWithin(margin)


def test_of_one_step_the_checkpoint_is_earlier_than_its_average() -> None:
    average = CandidateResult("average-last-2", 4, 0.9, averaged=[2, 4])
    choice = EarliestEligible().choose([average, CandidateResult("step-4", 4, 0.8)], HIGHER)
    assert (choice.name, choice.reason) == ("step-4", "the earliest of the passing checkpoints")
    assert choice.otherwise == "step 4 passed earlier"


@pytest.mark.parametrize(
    ("policy", "chosen", "settled"),
    [
        (EarliestEligible(), "step-1", True),
        (EarliestEligible(), None, False),
        (BestValue(), "step-1", False),
    ],
)
def test_only_the_earliest_eligible_is_settled(
    policy: SelectionPolicy, chosen: str | None, settled: bool
) -> None:
    assert is_settled(policy, chosen) is settled


def test_without_thresholds_another_policy_is_not_refused() -> None:
    check_earliest_eligible(BestValue(), "the evaluation config has no thresholds", is_race=True)
