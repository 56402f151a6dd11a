"""The spread between runs, against NumPy."""

import numpy as np
import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.run_spread import describe_spread, run_spread
from checkpoint_sweep.selection.verdict import Verdict

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


def _verdict(
    run: str | None, step: int, value: float | None, eligible: bool = True, error: float = 0.01
) -> Verdict:
    name = f"{run}-step-{step}"
    return Verdict(name, step, eligible, value, "", standard_error=error, run=run)


VERDICTS = [
    _verdict("a", 10, 0.6),
    _verdict("a", 20, 0.8),
    _verdict("b", 10, 0.75),
    _verdict("b", 20, 0.9, eligible=False),
    _verdict("c", 20, 0.7),
    _verdict("c", 30, None, eligible=False),
]


@pytest.mark.parametrize(
    ("direction", "best"), [(HIGHER, [0.8, 0.75, 0.7]), (LOWER, [0.6, 0.75, 0.7])]
)
def test_the_deviation_is_that_of_the_best_that_passed_of_each_run(
    direction: Direction, best: list[float]
) -> None:
    spread = run_spread(VERDICTS, "a-step-20", direction)
    assert spread is not None
    assert [one.best.value for one in spread.runs if one.best] == best
    assert spread.standard_deviation == pytest.approx(np.std(best, ddof=1))
    assert [(one.passed, one.checkpoints) for one in spread.runs] == [(2, 2), (1, 2), (1, 2)]


def test_the_deviation_at_the_step_of_the_chosen_is_of_all_values_there() -> None:
    spread = run_spread(VERDICTS, "a-step-20", HIGHER)
    assert spread is not None
    assert spread.at_step == {"a": 0.8, "b": 0.9, "c": 0.7}
    assert spread.standard_deviation_at_step == pytest.approx(np.std([0.8, 0.9, 0.7], ddof=1))


@pytest.mark.parametrize(
    ("passed", "said"), [(True, "1 of 2 runs has"), (False, "0 of 2 runs have")]
)
def test_fewer_than_two_runs_with_a_value_have_no_deviation(passed: bool, said: str) -> None:
    verdicts = [_verdict("a", 1, 0.5, eligible=passed), _verdict("b", 1, 0.9, eligible=False)]
    spread = run_spread(verdicts, "a-step-1" if passed else None, HIGHER)
    assert spread is not None
    assert spread.standard_deviation is None
    (sentence,) = describe_spread(spread, verdicts[0] if passed else None)
    assert sentence == f"Between runs: {said} a passing checkpoint."


def test_a_sweep_of_one_run_has_no_spread() -> None:
    assert run_spread([_verdict(None, 1, 0.5)], None, HIGHER) is None


def test_the_sentences_tell_runs_from_examples() -> None:
    spread = run_spread(VERDICTS, "a-step-20", HIGHER)
    assert spread is not None
    first, second = describe_spread(spread, VERDICTS[1])
    assert first == (
        "Between runs: the best values of 3 runs go from 0.7 to 0.8, standard deviation 0.05; at "
        "step 20, standard deviation 0.1 of 3 runs."
    )
    assert second.startswith("The standard error of the chosen, 0.01, is what other examples may")
