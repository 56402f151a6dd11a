"""Which checkpoint is chosen, and what the verdicts say."""

import math

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.decision import choose
from checkpoint_sweep.selection.policies import CandidateResult
from checkpoint_sweep.selection.replicates import Replicates

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


def _result(step: int, value: float | None = None, **others: object) -> CandidateResult:
    return CandidateResult(f"step-{step}", step, value, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("direction", "values", "chosen"),
    [
        pytest.param(HIGHER, [0.1, 0.3, 0.2], 1, id="highest"),
        pytest.param(LOWER, [0.1, 0.3, 0.2], 0, id="lowest"),
        pytest.param(HIGHER, [-3.0, -1.0, -2.0], 1, id="negative values"),
        pytest.param(HIGHER, [0.2, 0.3, 0.3], 1, id="a tie goes to the earlier"),
        pytest.param(LOWER, [0.2, 0.0, 0.0], 1, id="zero is a value"),
        pytest.param(HIGHER, [math.nan, 0.1], 1, id="NaN cannot win"),
        pytest.param(LOWER, [math.nan, 0.1], 1, id="nor where lower is better"),
        pytest.param(HIGHER, [math.inf, 0.1], 1, id="infinity cannot win"),
        pytest.param(HIGHER, [None, 0.1], 1, id="no value"),
    ],
)
def test_the_best_finite_value_is_chosen(direction: Direction, values: list, chosen: int) -> None:
    results = [_result(step, value) for step, value in enumerate(values)]
    assert choose(results, direction).chosen == f"step-{chosen}"
    assert choose(results[::-1], direction).chosen == f"step-{chosen}"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (_result(1, math.nan), "the selection metric is nan"),
        (
            _result(
                1,
                math.nan,
                replicates=Replicates(math.nan, (math.nan,), (40,), rarer_label=0),
            ),
            "the selection metric has no value: all examples have the same label",
        ),
        (_result(1), "the selection metric has no value"),
        (_result(1, 0.9, threshold_failures=["auc = 0.4"]), "auc = 0.4"),
        (_result(1, 0.9, threshold_failures=["a", "b"]), "a, and 1 more threshold is missed"),
        (_result(1, excluded_reason="unreadable: bad CRC"), "unreadable: bad CRC"),
        (_result(1, 0.9, excluded_reason="its predictions are NaN"), "its predictions are NaN"),
    ],
)
def test_a_verdict_says_why_a_checkpoint_is_not_eligible(
    result: CandidateResult, reason: str
) -> None:
    decision = choose([result, _result(2, 0.1)], HIGHER)
    assert decision.chosen == "step-2"
    assert (decision.verdicts[0].eligible, decision.verdicts[0].reason) == (False, reason)


def test_nothing_is_chosen_when_none_is_eligible() -> None:
    decision = choose([_result(1), _result(2, math.nan)], HIGHER)
    assert decision.chosen is None
    assert not any(v.eligible for v in decision.verdicts)


def test_every_checkpoint_has_a_verdict_by_step() -> None:
    decision = choose([_result(3, 0.3), _result(1, 0.3), _result(2, 0.1)], HIGHER)
    assert [(v.step, v.reason) for v in decision.verdicts] == [
        (1, "best value among passing checkpoints"),
        (2, "step 1 has a better value"),
        (3, "equal to step 1, which is earlier"),
    ]


def test_verdicts_can_be_written_as_json() -> None:
    decision = choose([_result(1, math.nan), _result(2, math.inf)], HIGHER)
    assert [v.value for v in decision.verdicts] == [None, None]


@pytest.mark.parametrize(
    ("values", "chosen", "reasons"),
    [
        pytest.param(
            [0.1, 0.3, 0.4],
            "average-last-2",
            [
                "average-last-2 has a better value",
                "average-last-2 has a better value",
                "best value among passing checkpoints",
            ],
            id="an average is the best",
        ),
        pytest.param(
            [0.1, 0.3, 0.3],
            "step-2",
            [
                "step 2 has a better value",
                "best value among passing checkpoints",
                "equal to step 2",
            ],
            id="a tie goes to the checkpoint of the same step",
        ),
        pytest.param(
            [0.3, 0.1, 0.3],
            "step-1",
            [
                "best value among passing checkpoints",
                "step 1 has a better value",
                "equal to step 1, which is earlier",
            ],
            id="and to an earlier one",
        ),
    ],
)
def test_averages_come_after_the_checkpoint_of_the_same_step(
    values: list[float], chosen: str, reasons: list[str]
) -> None:
    results = [_result(1, values[0]), _result(2, values[1])]
    average = CandidateResult("average-last-2", 2, values[2], averaged=(1, 2))
    decision = choose([average, *results], HIGHER)
    assert decision.chosen == chosen
    assert [v.name for v in decision.verdicts] == ["step-1", "step-2", "average-last-2"]
    assert [v.reason for v in decision.verdicts] == reasons
    assert [v.averaged for v in decision.verdicts] == [None, None, [1, 2]]
