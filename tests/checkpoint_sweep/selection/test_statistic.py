"""A statistic of metrics and slices, and without each fold, is that of the examples themselves."""

import math

import numpy as np
import pytest

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.selection.across import Across, Combine
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.replicates import Array, Replicates
from checkpoint_sweep.selection.selection import Selection

FOLDS = 20
HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER
_RNG = np.random.default_rng(5)
FOLD = _RNG.integers(0, FOLDS, 1_500)
SLICE = np.where(np.arange(1_500) < 12, 2, _RNG.integers(0, 2, 1_500))  # The last is small.
SCORE = _RNG.normal(size=1_500) + 0.1 * SLICE
WEIGHTS = np.array([0.5, 0.3, 0.2])


def _name(number: int) -> SliceName:
    return SliceName.of([("s", number)])


def _metrics(kept: Array) -> dict[str, Array]:
    """Metrics of the three slices, (3,), of the examples that are kept."""
    slices = [SCORE[kept & (number == SLICE)] for number in range(3)]
    return {
        "mean": np.array([part.mean() for part in slices]),
        "deviation": np.array([part.std() for part in slices]),
        "n": np.array([float(part.size) for part in slices]),
    }


def _replicates() -> dict[tuple[SliceName, MetricName], Replicates]:
    every = _metrics(np.ones(FOLD.size, bool))
    left_out = [_metrics(fold != FOLD) for fold in range(FOLDS)]
    found = {}
    for number in range(3):
        sizes = np.bincount(FOLD[number == SLICE], minlength=FOLDS)
        for metric, values in every.items():
            # As files have it: no value without a fold that is empty.
            without = [
                float(one[metric][number]) if size else math.nan
                for one, size in zip(left_out, sizes, strict=True)
            ]
            key = _name(number), MetricName("", "", metric)
            found[key] = Replicates(float(values[number]), tuple(without), tuple(sizes.tolist()))
    return found


@pytest.mark.parametrize(
    ("selection", "compute"),
    [
        pytest.param(
            Selection("mean", across=Across(("s",))), lambda m: m["mean"].mean(), id="mean"
        ),
        pytest.param(
            Selection("mean", across=Across(("s",), weights="n")),
            lambda m: (m["n"] * m["mean"]).sum() / m["n"].sum(),
            id="mean by the number of examples",
        ),
        pytest.param(
            Selection(
                "mean",
                across=Across(slices=({"s": 0}, {"s": 1}, {"s": 2}), weights=tuple(WEIGHTS)),
            ),
            lambda m: WEIGHTS @ m["mean"],
            id="mean by given weights",
        ),
        pytest.param(
            Selection("mean", direction=HIGHER, across=Across(("s",), combine=Combine.WORST)),
            lambda m: m["mean"].min(),
            id="worst, higher is better",
        ),
        pytest.param(
            Selection("mean", direction=LOWER, across=Across(("s",), combine=Combine.WORST)),
            lambda m: m["mean"].max(),
            id="worst, lower is better",
        ),
        pytest.param(
            Selection("0.7 * mean - deviation / 2", slice={"s": 1}),
            lambda m: 0.7 * m["mean"][1] - m["deviation"][1] / 2,
            id="formula",
        ),
        pytest.param(
            Selection("mean * deviation", direction=LOWER, across=Across(("s",), combine="worst")),
            lambda m: (m["mean"] * m["deviation"]).max(),
            id="worst of a formula",
        ),
    ],
)
def test_value_and_replicates_are_those_of_the_examples(selection, compute) -> None:
    found = selection.statistic.replicates(_replicates())
    every = _metrics(np.ones(FOLD.size, bool))
    assert found.value == pytest.approx(compute(every), rel=1e-12)
    expected = [compute(_metrics(fold != FOLD)) for fold in range(FOLDS)]
    assert list(found.left_out) == pytest.approx(expected, rel=1e-12)
    values = {
        _name(number): {MetricName("", "", metric): row[number] for metric, row in every.items()}
        for number in range(3)
    }
    assert selection.statistic.value(values, {}) == (pytest.approx(found.value), None)


def test_the_error_of_a_weighted_mean_over_all_is_that_of_the_whole() -> None:
    selection = Selection("mean", across=Across(("s",), weights="n"))
    found = selection.statistic.replicates(_replicates())
    sizes = tuple(np.bincount(FOLD, minlength=FOLDS).tolist())
    left_out = tuple(float(SCORE[fold != FOLD].mean()) for fold in range(FOLDS))
    whole = estimate(Replicates(float(SCORE.mean()), left_out, sizes))
    assert found is not None
    assert estimate(found).standard_error == pytest.approx(whole.standard_error, rel=1e-9)
    assert found.examples == sizes


def test_the_caution_of_a_part_is_that_of_the_whole() -> None:
    found = Selection("mean", across=Across(("s",))).statistic.replicates(_replicates())
    assert found is not None
    assert estimate(found).caution == "mean on s=2: only 12 examples: its interval is approximate"


def test_a_part_without_a_value_is_named() -> None:
    metric = MetricName("", "", "auc")
    values = {_name(0): {metric: 0.7}, _name(1): {metric: math.nan}, _name(2): {}}
    statistic = Selection("auc", across=Across(("s",))).statistic
    assert statistic.value(values, {_name(1): 0}) == (
        None,
        "the selection metric has no value: there is none of auc on s=1, whose examples all have "
        "the same label, auc on s=2",
    )


def test_without_replicates_of_a_metric_there_are_none() -> None:
    found = {key: part for key, part in _replicates().items() if key[1].name != "n"}
    statistic = Selection("mean", across=Across(("s",), weights="n")).statistic
    assert statistic.replicates(found) is None


def test_many_slices_that_are_about_as_bad_are_cautioned() -> None:
    fold, number = _RNG.integers(0, FOLDS, 4_000), np.arange(4_000) % 5
    worst = Selection("m", direction=HIGHER, across=Across(("s",), combine=Combine.WORST))
    said = "5 slices are about as bad, so that the worst looks worse than it is"
    for shift, expected in ((0.0, said), (0.5, None)):
        score = _RNG.normal(size=4_000)
        for one in range(5):
            score[number == one] += shift * one - score[number == one].mean()
        found = {}
        for one in range(5):
            here = number == one
            sizes = tuple(np.bincount(fold[here], minlength=FOLDS).tolist())
            left_out = tuple(float(score[here & (fold != f)].mean()) for f in range(FOLDS))
            part = Replicates(float(score[here].mean()), left_out, sizes)
            found[_name(one), MetricName("", "", "m")] = part
        assert worst.statistic.replicates(found).caution == expected
