"""Rules that keep checkpoints, on verdicts known by hand."""

import dataclasses
import re

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.retention import PruneError, keep_rules
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from tests.support.errors_document import BESIDE, documented, pattern


def _verdict(step: int, value: float | None, tied: bool | None, **more: object) -> Verdict:
    passed = value is not None
    made = Verdict(
        f"step-{step:08d}", step, passed, value, "", in_best_set=tied if passed else None
    )
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


PRESENT = [0, 100, 200, 300, 400, 500]
VERDICTS = [
    _verdict(0, None, None),
    _verdict(100, 0.7, False),
    _verdict(200, 0.9, True),
    _verdict(300, 0.8, True),
    _verdict(400, 0.9, True),
    _verdict(400, 0.95, True, name="average-last-2", averaged=[100, 400]),
    _verdict(500, 0.6, False),
]


def _decision(
    verdicts: list[Verdict] = VERDICTS, direction: Direction = Direction.HIGHER_IS_BETTER
) -> SweepVerdicts:
    selection = AppliedSelection("auc", direction)
    return SweepVerdicts(None, False, "none of the 6 passed", selection, verdicts)


@pytest.mark.parametrize(
    ("rule", "steps"),
    [
        pytest.param("best-set", {100, 200, 300, 400}, id="the set, and what is in its average"),
        pytest.param("best:1", {200}, id="the earlier of two that are equally good"),
        pytest.param("best:3", {200, 300, 400}, id="the best three checkpoints"),
        pytest.param("best:99", {100, 200, 300, 400, 500}, id="as many as have passed"),
        pytest.param("every:200", {0, 200, 400}, id="multiples"),
        pytest.param("latest:2", {400, 500}, id="the last two"),
        pytest.param("latest:99", set(PRESENT), id="the last of fewer"),
    ],
)
def test_a_rule_keeps(rule: str, steps: set[int]) -> None:
    (found,) = keep_rules([rule])
    assert set(found.steps(PRESENT, _decision())) == steps
    assert str(found) == rule


def test_the_best_are_those_of_the_declared_direction() -> None:
    (rule,) = keep_rules(["best:2"])
    lower = _decision(direction=Direction.LOWER_IS_BETTER)
    assert list(rule.steps(PRESENT, lower)) == [500, 100]


NO_RULES = [
    ([], "nothing is to be kept"),
    (["best"], "a rule is none"),
    (["best-set:3"], "a rule is none"),
    (["latest:2,"], "a rule is none"),
    (["every:0"], "or its number is none"),
    (["best:-1"], "or its number is none"),
    (["best:²"], "or its number is none"),
]
NOT_TOLD = [
    ("best-set", [_verdict(1, 0.5, None)], "`best-set`, and the sweep has no standard errors"),
    ("best-set", [_verdict(1, None, None)], "or none passed"),
    ("best:1", [_verdict(1, None, None)], "`best:N`, and none passed"),
]


@pytest.mark.parametrize(("given", "when"), NO_RULES)
def test_what_is_no_rule_is_refused(given: list[str], when: str) -> None:
    with pytest.raises(PruneError) as refused:
        keep_rules(given)
    assert re.fullmatch(pattern(documented(BESIDE, "Pruning")[when]), str(refused.value))


@pytest.mark.parametrize(("rule", "verdicts", "when"), NOT_TOLD)
def test_a_rule_that_the_verdicts_cannot_answer_is_refused(
    rule: str, verdicts: list[Verdict], when: str
) -> None:
    (found,) = keep_rules([rule])
    with pytest.raises(PruneError) as refused:
        found.steps([1], _decision(verdicts))
    assert re.fullmatch(pattern(documented(BESIDE, "Pruning")[when]), str(refused.value))
