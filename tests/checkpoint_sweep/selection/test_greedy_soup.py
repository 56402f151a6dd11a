"""Which checkpoints go into a greedy soup."""

from collections.abc import Sequence

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.greedy_soup import Soup, greedy_soup, ingredients
from checkpoint_sweep.selection.policies import CandidateResult

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER
NAN = float("nan")
Value = float | None | str


def _result(name: str, step: int, value: Value) -> CandidateResult:
    """A number, None, or the reason why it is not eligible though its value is 1."""
    if value == "missed":
        return CandidateResult(name, step, 1.0, threshold_failures=("auc = 1",))
    if isinstance(value, str):
        return CandidateResult(name, step, 1.0, excluded_reason=value)
    return CandidateResult(name, step, value)


def _results(values: dict[int, Value]) -> list[CandidateResult]:
    return [_result(f"step-{step}", step, value) for step, value in values.items()]


@pytest.mark.parametrize(
    ("direction", "values", "most", "expected"),
    [
        pytest.param(HIGHER, {1: 0.1, 2: 0.3, 3: 0.2}, 10, [2, 3, 1], id="the best first"),
        pytest.param(LOWER, {1: 0.1, 2: 0.3, 3: 0.2}, 10, [1, 3, 2], id="lower is better"),
        pytest.param(HIGHER, {3: 0.2, 1: 0.2, 2: 0.2}, 10, [1, 2, 3], id="of equal ones the first"),
        pytest.param(HIGHER, {1: 0.1, 2: 0.3, 3: 0.2}, 1, [2, 3], id="no more than can be tried"),
        pytest.param(HIGHER, {1: NAN, 2: None, 3: 0.2, 4: "missed"}, 10, [3], id="eligible ones"),
        pytest.param(HIGHER, {1: "unreadable"}, 10, [], id="none"),
    ],
)
def test_ingredients_are_the_eligible_from_the_best_on(
    direction: Direction, values: dict[int, Value], most: int, expected: list[int]
) -> None:
    found = ingredients(_results(values), direction, most)
    assert [result.step for result in found] == expected


VALUES = {1: 0.5, 2: 0.6, 3: 0.7}  # In the order 3, 2, 1 where higher is better.


@pytest.mark.parametrize(
    ("direction", "averages", "expected"),
    [
        pytest.param(
            HIGHER, {(2, 3): 0.8, (1, 2, 3): 0.9}, Soup([1, 2, 3], 2), id="all are better together"
        ),
        pytest.param(
            HIGHER, {(2, 3): 0.8, (1, 2, 3): 0.79}, Soup([2, 3], 2), id="the last makes it worse"
        ),
        pytest.param(HIGHER, {(2, 3): 0.6, (1, 3): 0.71}, Soup([1, 3], 2), id="one is passed over"),
        pytest.param(HIGHER, {(2, 3): 0.6, (1, 3): 0.6}, Soup([3], 2), id="nothing is better"),
        pytest.param(
            HIGHER, {(2, 3): 0.7, (1, 2, 3): 0.7}, Soup([1, 2, 3], 2), id="a tie is not worse"
        ),
        pytest.param(
            HIGHER, {(2, 3): "missed", (1, 3): 0.8}, Soup([1, 3], 2), id="a missed threshold"
        ),
        pytest.param(HIGHER, {(2, 3): NAN, (1, 3): None}, Soup([3], 2), id="no value"),
        pytest.param(
            HIGHER, {(2, 3): "unreadable", (1, 3): 0.8}, Soup([1, 3], 2), id="it cannot be made"
        ),
        pytest.param(LOWER, {(1, 2): 0.4, (1, 2, 3): 0.41}, Soup([1, 2], 2), id="lower is better"),
        pytest.param(
            LOWER, {(1, 2): 0.55, (1, 3): 0.5}, Soup([1, 3], 2), id="lower is better, a tie"
        ),
    ],
)
def test_a_soup_keeps_ingredients_that_do_not_make_it_worse(
    direction: Direction, averages: dict[tuple[int, ...], Value], expected: Soup
) -> None:
    asked = []

    def evaluate(steps: Sequence[int]) -> CandidateResult:
        asked.append(tuple(steps))
        return _result("trial", steps[-1], averages[tuple(steps)])

    candidates = ingredients(_results(dict(VALUES)), direction, 10)
    assert greedy_soup(candidates, direction, evaluate) == expected
    assert asked == list(averages)
