"""Standard errors and intervals, their coverage, and when they are not to be trusted."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from checkpoint_sweep.selection.intervals import Estimate, estimate
from checkpoint_sweep.selection.replicates import Replicates


def _of_mean(rng: np.random.Generator, examples: int, buckets: int = 20) -> Replicates:
    """The mean of normal numbers around 0."""
    values = rng.normal(size=examples)
    bucket = rng.integers(0, buckets, examples)
    sizes = np.bincount(bucket, minlength=buckets)
    left_out = (values.sum() - np.bincount(bucket, values, buckets)) / (examples - sizes)
    return Replicates(float(values.mean()), tuple(left_out.tolist()), tuple(sizes.tolist()))


def test_an_interval_is_by_students_t() -> None:
    found = estimate(Replicates(2.0, (1.9, 2.0, 2.1), (100, 100, 100)))
    error = math.sqrt(2 / 3 * (0.1**2 + 0.1**2))
    half = stats.t.ppf(0.975, 2) * error
    assert found.standard_error == pytest.approx(error)
    assert found.interval == pytest.approx((2 - half, 2 + half))
    assert found.half_width == pytest.approx(half)
    assert found.margin(0.95) == pytest.approx(stats.t.ppf(0.95, 2) * error)
    assert (found.examples, found.buckets) == (300, 3)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        pytest.param(None, (-0.45, 1.45), id="no range known"),
        pytest.param((0.0, 1.0), (0.0, 1.0), id="cut at both ends"),
        pytest.param((0.0, math.inf), (0.0, 1.45), id="cut at one end"),
    ],
)
def test_an_interval_is_cut_at_the_range_of_the_metric(
    bounds: tuple[float, float] | None, expected: tuple[float, float]
) -> None:
    replicates = Replicates(0.5, (0.4, 0.5, 0.6), (100,) * 3, bounds=bounds)
    half = estimate(dataclasses.replace(replicates, bounds=None)).half_width
    assert half is not None
    spread = 0.95 / half
    wide = tuple(0.5 + spread * (left - 0.5) for left in replicates.left_out)
    found = estimate(dataclasses.replace(replicates, left_out=wide))
    assert found.interval == pytest.approx(expected)
    assert found.half_width == pytest.approx(max(0.5 - expected[0], expected[1] - 0.5))


@pytest.mark.parametrize(
    "replicates",
    [
        pytest.param(Replicates(0.5, (0.5, math.nan), (900, 900)), id="one NaN replicate"),
        pytest.param(Replicates(0.5, (math.nan, 0.5), (0, 1_800)), id="all in one fold"),
    ],
)
def test_without_finite_replicates_the_error_is_unknown(replicates: Replicates) -> None:
    found = estimate(replicates)
    assert found == Estimate(0.5, None, None, 1_800, 0, found.caution)
    assert found.caution == "1,800 examples are too few, or too similar, to estimate its error"
    assert found.half_width is None
    assert found.margin(0.95) is None


def test_no_variation_is_an_interval_of_one_point() -> None:
    found = estimate(Replicates(1.0, (1.0,) * 20, (50,) * 20))
    assert found.standard_error == pytest.approx(0, abs=1e-12)
    assert found.interval == pytest.approx((1.0, 1.0))


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_intervals_cover_the_true_value_as_often_as_their_level(level: float) -> None:
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(600):
        interval = estimate(_of_mean(rng, 1_000), level).interval
        assert interval is not None
        held += interval[0] <= 0 <= interval[1]
    # Three standard errors of such a share.
    assert held / 600 == pytest.approx(level, abs=3 * math.sqrt(level * (1 - level) / 600))


def test_one_sided_bounds_hold_as_often_as_their_level() -> None:
    rng = np.random.default_rng(7)
    below = 0
    for _ in range(600):
        known = estimate(_of_mean(rng, 1_000))
        margin = known.margin(0.95)
        assert margin is not None
        below += known.value - margin > 0
    assert below / 600 == pytest.approx(0.05, abs=0.027)


_FEW = "only 99 examples: its interval is approximate"
_SAME = "it is the same without any part of the examples: its interval is approximate"
_EQUAL = (
    "many examples are equal, as if 171 were distinct, and equal ones count as one: its interval "
    "is too wide"
)
_DECIDED = "a few examples dominate its value: its interval is approximate"


@pytest.mark.parametrize(
    ("value", "left_out", "examples", "caution"),
    [
        pytest.param(0.5, [0.4, 0.6] * 10, [5] * 20, None, id="100 examples"),
        pytest.param(0.5, [0.4, 0.6] * 10, [5] * 19 + [4], _FEW, id="99 examples"),
        pytest.param(0.5, [0.4, 0.6] * 2 + [0.5] * 16, [50] * 20, None, id="four folds"),
        pytest.param(0.5, [0.4, 0.6, 0.4] + [0.5] * 17, [50] * 20, _DECIDED, id="three folds"),
        pytest.param(0.0, [0.0] * 20, [50] * 20, _SAME, id="always 0"),
        pytest.param(1.0, [1.0] * 20, [50] * 20, _SAME, id="always 1"),
        pytest.param(0.3, [0.3] * 20, [51] * 20, _SAME, id="the same up to rounding"),
        pytest.param(0.5, [0.4, 0.6] * 10, [50, 60] * 10, None, id="folds as even as by chance"),
        pytest.param(0.5, [0.4, 0.6] * 10, [40, 80] * 10, _EQUAL, id="equal examples together"),
        pytest.param(1e-9, [0.9e-9, 1.1e-9] * 10, [50] * 20, None, id="small but it varies"),
    ],
)
def test_an_interval_not_to_be_trusted_has_a_caution(
    value: float, left_out: list[float], examples: list[int], caution: str | None
) -> None:
    assert estimate(Replicates(value, tuple(left_out), tuple(examples))).caution == caution


@pytest.mark.parametrize(
    ("left_out", "examples", "caution"),
    [
        ([0.4, 0.6] * 10, [40, 80] * 10, None),
        ([0.4, 0.6] * 10, [0, 0, 120, 120] * 5, "1,200 examples count as some 19 clusters (user)"),
        (
            [0.4] + [math.nan] * 19,
            [1_200] + [0] * 19,
            "1,200 examples are of too few clusters (user)",
        ),
    ],
)
def test_few_clusters_are_cautioned(
    left_out: list[float], examples: list[int], caution: str | None
) -> None:
    replicates = Replicates(0.5, tuple(left_out), tuple(examples), cluster_key="user")
    assert (caution or "") in (estimate(replicates).caution or "")
    assert (estimate(replicates).caution is None) == (caution is None)


def test_cautions_are_rare_where_intervals_are_good() -> None:
    rng = np.random.default_rng(8)
    cautioned = [estimate(_of_mean(rng, 1_000)).caution is not None for _ in range(600)]
    assert np.mean(cautioned) < 0.03


@pytest.mark.parametrize(
    ("rarer", "caution"),
    [
        (None, None),
        (50, None),
        (49, "only 49 examples of the rarer class: its interval is approximate"),
        (1, "only 1 examples of the rarer class: its interval is approximate"),
        (0, "only 0 examples of the rarer class: its interval is approximate"),
    ],
)
def test_a_rare_label_is_cautioned(rarer: int | None, caution: str | None) -> None:
    values = _of_mean(np.random.default_rng(8), 1_000)
    assert estimate(dataclasses.replace(values, rarer_label=rarer)).caution == caution
