"""Thresholds on other splits: how they are written, and how they are missed."""

import math

import numpy as np
import pytest
from scipy import stats

from checkpoint_sweep.selection.criteria import ThresholdMode
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.replicates import Replicates
from checkpoint_sweep.selection.split_thresholds import (
    Reading,
    SplitThreshold,
    check_split_names,
    from_json,
    missed_reason,
    to_json,
)

LOW, GAP = SplitThreshold.parse("train: auc >= 0.8"), SplitThreshold.parse("t: gap of auc <= 0.05")


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("train: auc >= 0.8", SplitThreshold("train", "auc", lower=0.8)),
        ("drift:loss<=1e-3", SplitThreshold("drift", "loss", upper=1e-3)),
        ("train: gap of auc <= 0.05", SplitThreshold("train", "auc", upper=0.05, of_gap=True)),
        (
            "train: gap of head/auc on hour=9, day=Mon >= -1",
            SplitThreshold(
                "train", "head/auc", lower=-1, slice={"hour": "9", "day": "Mon"}, of_gap=True
            ),
        ),
        (
            "t: 0.7 * auc + 0.3 * recall >= 0.5",
            SplitThreshold("t", "0.7 * auc + 0.3 * recall", 0.5),
        ),
    ],
)
def test_a_threshold_is_read_from_text_and_kept_as_a_parameter(
    text: str, threshold: SplitThreshold
) -> None:
    assert SplitThreshold.parse(text) == threshold
    assert from_json(to_json([threshold])) == [threshold]


@pytest.mark.parametrize(
    "text",
    ["auc >= 0.8", "train: auc", "train: auc > 0.8", "train: auc >= high", "train: auc >= nan"],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(SelectionError, match="is no threshold on a split"):
        SplitThreshold.parse(text)


@pytest.mark.parametrize("limits", [{}, {"lower": 0.1, "upper": 0.2}, {"upper": math.inf}])
def test_a_threshold_has_one_limit(limits: dict[str, float]) -> None:
    with pytest.raises(SelectionError, match="needs one finite limit"):
        SplitThreshold("train", "auc", **limits)


@pytest.mark.parametrize(
    ("threshold", "value", "choosing", "reason"),
    [
        (LOW, 0.8, None, None),
        (LOW, 0.79, None, "train: auc 0.79 is below the threshold 0.8"),
        (LOW, None, None, "train: auc was not computed (needs at least 0.8)"),
        (LOW, math.nan, None, "train: auc has no value (needs at least 0.8)"),
        (GAP, 0.9, 0.86, None),
        (GAP, 0.9, 0.8, "t: gap of auc 0.1 is above the threshold 0.05"),
        (GAP, 0.7, 0.8, None),
        (GAP, 0.9, None, "t: gap of auc was not computed (needs at most 0.05)"),
        (GAP, 0.9, math.nan, "t: gap of auc has no value (needs at most 0.05)"),
    ],
)
def test_a_value_or_a_gap_misses_a_threshold(
    threshold: SplitThreshold, value: float | None, choosing: float | None, reason: str | None
) -> None:
    readings = Reading(value), Reading(choosing)
    assert missed_reason(threshold, *readings, ThresholdMode.VALUE, 0.95) == reason


def _replicates(value: float, spread: float, seed: int) -> Replicates:
    left_out = value + spread * np.random.default_rng(seed).standard_normal(20)
    return Replicates(value, tuple(left_out), (50,) * 20)


def test_the_bound_of_a_gap_has_the_errors_of_both_splits() -> None:
    train, own = _replicates(0.9, 0.001, 1), _replicates(0.87, 0.002, 2)
    # The jackknife with equal groups, in NumPy: (g - 1) / g times the sum of squares.
    errors = [
        math.sqrt(19 / 20 * float(np.var(np.array(part.left_out)) * 20)) for part in (train, own)
    ]
    reached = 0.03 + stats.t.ppf(0.95, 19) * math.hypot(*errors)
    for limit, is_missed in ((reached - 1e-6, True), (reached + 1e-6, False)):
        threshold = SplitThreshold("train", "auc", upper=limit, of_gap=True)
        readings = Reading(train.value, train), Reading(own.value, own)
        said = missed_reason(threshold, *readings, ThresholdMode.CONFIDENT, 0.95)
        assert (said is not None) == is_missed
        assert missed_reason(threshold, *readings, ThresholdMode.VALUE, 0.95) is None


def test_without_errors_nothing_is_sure() -> None:
    readings = Reading(0.9), Reading(None)
    said = missed_reason(LOW, *readings, ThresholdMode.CONFIDENT, 0.95)
    assert said == "train: auc, of which no standard error is known"


def test_a_threshold_can_be_on_the_split_that_chooses() -> None:
    check_split_names([SplitThreshold("eval", "auc", lower=0.8)], [], ["eval"])


@pytest.mark.parametrize(
    ("text", "choosing"),
    [
        pytest.param("eval: gap of auc <= 0.1", ["eval"], id="it has no gap to itself"),
        pytest.param("eval: auc >= 0.8", ["eval", "more"], id="several are evaluated together"),
    ],
)
def test_a_threshold_on_what_chooses_is_on_the_value_of_a_whole_split(
    text: str, choosing: list[str]
) -> None:
    with pytest.raises(SelectionError, match="and the other splits are: none"):
        check_split_names([SplitThreshold.parse(text)], [], choosing)


@pytest.mark.parametrize(
    ("splits", "thresholds", "message"),
    [
        (["eval"], [], "The split 'eval' chooses, and other_splits names it too"),
        (["a/b"], [], "names the split 'a/b'. Name it by letters"),
        (["drift"], [LOW], "has 'train: auc >= 0.8', and the other splits are: drift. Name one"),
    ],
)
def test_splits_that_do_not_fit_are_refused(
    splits: list[str], thresholds: list[SplitThreshold], message: str
) -> None:
    with pytest.raises(SelectionError) as raised:
        check_split_names(thresholds, splits, ["eval"])
    assert message in str(raised.value)
