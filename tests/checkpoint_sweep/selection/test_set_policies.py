"""Policies choose from those tied with the best, and say why."""

import math

import pytest

from checkpoint_sweep.selection import policies
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.policies import CandidateResult, SelectionError, SelectionPolicy
from checkpoint_sweep.selection.set_policies import EarliestOfSet, LatestOfSet, SecondaryMetric

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


def _results(members: str, loss: tuple[float, ...] = ()) -> list[CandidateResult]:
    """One for each letter: "x" in the set, "-" not, "?" not known."""
    known = {"x": True, "-": False, "?": None}
    return [
        CandidateResult(
            f"step-{step}",
            step,
            0.9,
            in_best_set=known[letter],
            metrics={"loss": loss[step]} if loss else {},
        )
        for step, letter in enumerate(members)
    ]


@pytest.mark.parametrize(
    ("policy", "results", "chosen"),
    [
        pytest.param(EarliestOfSet(), _results("-xx-x-"), 1, id="earliest"),
        pytest.param(EarliestOfSet(), _results("--x"), 2, id="earliest of one"),
        pytest.param(LatestOfSet(), _results("-xx-x-"), 4, id="latest"),
        pytest.param(LatestOfSet(), _results("xxx"), 2, id="latest of all"),
        pytest.param(
            SecondaryMetric("loss", LOWER), _results("xx-", (0.3, 0.2, 0.1)), 1, id="lower"
        ),
        pytest.param(
            SecondaryMetric("loss", HIGHER), _results("-xx", (0.9, 0.2, 0.3)), 2, id="higher"
        ),
        pytest.param(
            SecondaryMetric("loss", LOWER), _results("xxx", (0.3, 0.2, 0.2)), 1, id="earlier of two"
        ),
        pytest.param(
            SecondaryMetric("loss", LOWER), _results("xx", (math.nan, 0.2)), 1, id="no number"
        ),
    ],
)
@pytest.mark.parametrize("direction", [HIGHER, LOWER])
def test_a_policy_chooses_from_the_set_of_the_best(
    policy: SelectionPolicy, direction: Direction, results: list[CandidateResult], chosen: int
) -> None:
    assert policy.choose(results, direction).name == f"step-{chosen}"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        pytest.param(
            EarliestOfSet(),
            [
                "significantly worse than the best",
                "the earliest of those tied with the best",
                "step 1 is earlier",
            ],
            id="earliest",
        ),
        pytest.param(
            LatestOfSet(),
            [
                "significantly worse than the best",
                "step 2 is later",
                "the latest of those tied with the best",
            ],
            id="latest",
        ),
        pytest.param(
            SecondaryMetric("loss", LOWER),
            [
                "significantly worse than the best",
                "step 2 is better by loss",
                "the best by loss, 0.25, of those tied with the best",
            ],
            id="secondary metric",
        ),
    ],
)
def test_a_policy_says_why_of_each_candidate(policy: SelectionPolicy, words: list[str]) -> None:
    results = _results("-xx", (0.1, 0.5, 0.25))
    choice = policy.choose(results, HIGHER)
    assert words == [
        choice.reason if r.name == choice.name else choice.reasons.get(r.name, choice.otherwise)
        for r in results
    ]


@pytest.mark.parametrize(
    "policy", [EarliestOfSet(), LatestOfSet(), SecondaryMetric("loss", LOWER)], ids=repr
)
def test_without_standard_errors_a_set_policy_is_refused(policy: SelectionPolicy) -> None:
    with pytest.raises(SelectionError, match="needs standard errors"):
        policy.choose(_results("x?"), HIGHER)


def test_an_unknown_metric_is_refused_with_those_there_are() -> None:
    with pytest.raises(SelectionError, match=r"step-0 has no metric 'los'\. It has: loss\."):
        SecondaryMetric("los", LOWER).choose(_results("x", (0.1,)), HIGHER)


@pytest.mark.parametrize(
    "policy", [EarliestOfSet(), LatestOfSet(), SecondaryMetric("loss", LOWER)], ids=repr
)
def test_a_policy_survives_as_json(policy: SelectionPolicy) -> None:
    assert policies.from_dict(policies.to_dict(policy)) == policy
