"""What a decision says: no more than its intervals show."""

import dataclasses
import math

import pytest

from checkpoint_sweep.selection import formatting
from checkpoint_sweep.selection.decision import Decision
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.sentence import sentence
from checkpoint_sweep.selection.verdict import Verdict

_BEST = Verdict(
    "step-3",
    3,
    eligible=True,
    value=0.94977,
    reason="the best of the eligible",
    standard_error=0.0031,
    interval=(0.94327, 0.95627),
    in_best_set=True,
)

_NAN = "the selection metric is nan"


def _other(step: int, in_best_set: bool | None, eligible: bool = True) -> Verdict:
    return dataclasses.replace(
        _BEST, name=f"step-{step}", step=step, in_best_set=in_best_set, eligible=eligible
    )


def _dropped(step: int) -> Verdict:
    reason = "dropped after 1,052 examples: auc 0.709 ± 0.038, significantly worse than the best"
    return dataclasses.replace(
        _BEST, name=f"step-{step}", step=step, eligible=False, in_best_set=None, reason=reason
    )


@pytest.mark.parametrize(
    ("verdicts", "says"),
    [
        pytest.param(
            [_BEST, _other(1, True), _other(2, False)],
            "auc 0.9498 ± 0.0065; 2 of the 3 passing checkpoints are statistically tied (95%)",
            id="several",
        ),
        pytest.param(
            [_BEST, _other(1, False), _other(2, False)],
            "auc 0.9498 ± 0.0065; the other 2 passing checkpoints are significantly worse (95%)",
            id="alone",
        ),
        pytest.param(
            [_BEST, _other(1, None, eligible=False)],
            "auc 0.9498 ± 0.0065; no other checkpoint passed",
            id="no other",
        ),
        pytest.param([_BEST], "auc 0.9498 ± 0.0065; it is the only checkpoint", id="only one"),
        pytest.param(
            [_BEST, _dropped(1), _dropped(2)],
            "auc 0.9498 ± 0.0065; the race dropped 2 checkpoints",
            id="the race left one",
        ),
        pytest.param(
            [_BEST, _dropped(1), _other(2, None, eligible=False)],
            "auc 0.9498 ± 0.0065; no other checkpoint passed; the race dropped 1 checkpoint",
            id="the race left one that passed",
        ),
        pytest.param(
            [_BEST, _dropped(1), _other(2, True)],
            "auc 0.9498 ± 0.0065; 2 of the 2 passing checkpoints are statistically tied (95%); "
            "the race dropped 1 checkpoint",
            id="the race left several",
        ),
        pytest.param(
            [dataclasses.replace(_BEST, in_best_set=None), _other(1, None)],
            "auc 0.9498 ± 0.0065; its uncertainty is unknown",
            id="set not known",
        ),
        pytest.param(
            [dataclasses.replace(_BEST, in_best_set=None, interval=None), _other(1, None)],
            "auc 0.9498; its uncertainty is unknown",
            id="no standard error",
        ),
        pytest.param(
            [dataclasses.replace(_BEST, in_best_set=None, caution="few"), _other(1, None)],
            "auc 0.9498 ± 0.0065 (few); its uncertainty is unknown",
            id="caution where the set is not known",
        ),
        pytest.param(
            [dataclasses.replace(_BEST, caution="few examples"), _other(1, True)],
            "auc 0.9498 ± 0.0065 (few examples); 2 of the 2 passing checkpoints are statistically "
            "tied (95%)",
            id="caution",
        ),
        pytest.param(
            [_BEST, *(dataclasses.replace(_other(n, True), caution="few") for n in (1, 2))],
            "auc 0.9498 ± 0.0065; 3 of the 3 passing checkpoints are statistically tied (95%); "
            "caution for step 1 (one other checkpoint has one too): few",
            id="caution of those that it was compared with",
        ),
        pytest.param(
            [_BEST, dataclasses.replace(_other(1, True), caution="few")],
            "auc 0.9498 ± 0.0065; 2 of the 2 passing checkpoints are statistically tied (95%); "
            "caution for step 1: few",
            id="caution of the one that it was compared with",
        ),
        pytest.param(
            [_BEST, *(dataclasses.replace(_other(n, None, False), reason=_NAN) for n in (1, 2))],
            "auc 0.9498 ± 0.0065; no other checkpoint passed; step 1 and one other checkpoint: "
            f"{_NAN}",
            id="no value of others",
        ),
    ],
)
def test_the_sentence_of_a_decision_says_no_more_than_its_intervals(
    verdicts: list[Verdict], says: str
) -> None:
    said = sentence(Decision("step-3", verdicts), Selection("auc"))
    assert said == f"step 3, the best of the eligible: {says}"


def test_the_level_and_the_slice_are_named() -> None:
    decision = Decision("step-3", [_BEST, _other(1, True)], level=0.9)
    said = sentence(decision, Selection("auc", {"hour": 3}, level=0.9))
    assert "auc on hour=3 0.9498" in said
    assert said.endswith("(90%)")


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (0.94977, 0.0065, "0.9498 ± 0.0065"),
        (0.94977, 0.065, "0.950 ± 0.065"),
        (0.94977, 0.65, "0.95 ± 0.65"),
        (12.3456, 6.5, "12.3 ± 6.5"),
        (1234.56, 65.4, "1235 ± 65"),
        (1234.56, 654.0, "1235 ± 654"),
        (0.94977123, 0.0, "0.9498 ± 0"),
        (0.94977123, 6.1e-16, "0.9498 ± 0"),
        (0.94977123, None, "0.9498"),
        (15002.0, None, "15002"),
        (1234567.8, None, "1234568"),
        (0.000012345, None, "1.234e-05"),
        (math.nan, None, "nan"),
        (0.94977123, math.inf, "0.9498"),
        (-0.5, 0.1, "-0.50 ± 0.10"),
    ],
)
def test_a_value_is_shown_with_the_digits_of_its_error(
    value: float, half: float | None, text: str
) -> None:
    assert formatting.plus_minus(value, half) == text


def test_the_half_width_is_that_of_the_interval() -> None:
    assert _BEST.half_width == pytest.approx(0.0065)
    assert dataclasses.replace(_BEST, interval=None).half_width is None


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [(0.84999, 0.85, "0.84999"), (0.7123456, 0.85, "0.7123"), (0.85, 0.85, "0.85")],
)
def test_a_value_that_misses_a_limit_does_not_look_like_it(
    value: float, limit: float, text: str
) -> None:
    assert formatting.plain(value, [limit]) == text
