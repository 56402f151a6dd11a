"""The jackknife over folds, against closed forms and another estimator."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from checkpoint_sweep.selection.replicates import Replicates

Array = npt.NDArray[np.float64]


def _of_mean(values: Array, sizes: list[int]) -> Replicates:
    """The mean, and without each fold; examples of a fold stand next to each other."""
    parts = np.split(values, np.cumsum(sizes)[:-1])
    total, count = values.sum(), values.size
    left_out = [(total - p.sum()) / (count - p.size) if count > p.size else math.nan for p in parts]
    return Replicates(float(values.mean()), tuple(left_out), tuple(sizes))


def _standard_error(replicates: Replicates) -> float:
    influences = replicates.influences()
    assert influences is not None
    return math.sqrt(float(influences @ influences))


@pytest.mark.parametrize(("folds", "each"), [(20, 5), (5, 1), (2, 3)])
def test_the_error_of_a_mean_over_equal_folds_is_that_of_the_folds_means(
    folds: int, each: int
) -> None:
    values = np.random.default_rng(0).normal(size=folds * each)
    means = values.reshape(folds, each).mean(axis=1)
    expected = means.std(ddof=1) / math.sqrt(folds)  # s / sqrt(n)
    assert _standard_error(_of_mean(values, [each] * folds)) == pytest.approx(expected, rel=1e-12)


def test_the_error_over_unequal_folds_is_by_busings_formula() -> None:
    sizes = [3, 1, 7, 2]
    replicates = _of_mean(np.random.default_rng(1).gamma(1.0, size=13), sizes)
    # As it stands in the paper, with h = n / m.
    h = sum(sizes) / np.array(sizes)
    left_out = np.array(replicates.left_out)
    estimate = len(sizes) * replicates.value - ((1 - 1 / h) * left_out).sum()
    pseudo_values = h * replicates.value - (h - 1) * left_out
    variance = ((pseudo_values - estimate) ** 2 / (h - 1)).sum() / len(sizes)
    assert _standard_error(replicates) == pytest.approx(math.sqrt(variance), rel=1e-12)


def test_the_error_of_an_auc_is_near_delongs() -> None:
    rng = np.random.default_rng(2)
    errors, delong = [], []
    for _ in range(30):
        label = np.arange(2_000) % 4 == 0
        score = rng.normal(size=2_000) + 1.2 * label
        fold = rng.integers(0, 20, 2_000)
        value, left_out = _auc(score, label), []
        for number in range(20):
            kept = fold != number
            left_out.append(_auc(score[kept], label[kept]))
        sizes = tuple(np.bincount(fold, minlength=20).tolist())
        errors.append(_standard_error(Replicates(value, tuple(left_out), sizes)))
        delong.append(_delong(score, label))
    # One from 20 folds varies by a sixth; the mean of thirty by a thirtieth.
    assert np.mean(errors) == pytest.approx(np.mean(delong), rel=0.1)


def test_products_are_covariances_so_that_differences_add_up() -> None:
    rng = np.random.default_rng(3)
    sizes = [4, 6, 5, 9]
    one, other = (_of_mean(rng.normal(size=24), sizes) for _ in range(2))
    difference = one.minus(other).influences()
    a, b = one.influences(), other.influences()
    assert a is not None
    assert b is not None
    assert difference == pytest.approx(a - b, abs=1e-14)


def test_an_empty_fold_adds_nothing() -> None:
    values = np.random.default_rng(4).normal(size=9)
    with_empty = _of_mean(values, [4, 0, 5]).influences()
    without = _of_mean(values, [4, 5]).influences()
    assert with_empty is not None
    assert with_empty.tolist() == pytest.approx(without)


@pytest.mark.parametrize(
    "replicates",
    [
        pytest.param(Replicates(1.0, (1.0, math.nan, 1.0), (2, 2, 2)), id="not defined without"),
        pytest.param(Replicates(1.0, (1.0, math.inf, 1.0), (2, 2, 2)), id="infinite without"),
        pytest.param(Replicates(math.nan, (1.0, 2.0), (2, 2)), id="no value"),
        pytest.param(Replicates(1.0, (math.nan, math.nan), (5, 0)), id="one fold"),
        pytest.param(Replicates(1.0, (), ()), id="no folds"),
    ],
)
def test_without_finite_replicates_there_are_no_influences(replicates: Replicates) -> None:
    assert replicates.influences() is None


def test_a_nan_replicate_of_an_empty_fold_is_ignored() -> None:
    assert Replicates(1.0, (1.1, math.nan, 0.9), (2, 0, 2)).influences() is not None


def test_replicates_of_other_examples_have_no_difference() -> None:
    with pytest.raises(ValueError, match="other examples"):
        Replicates(1.0, (1.0, 1.0), (2, 3)).minus(Replicates(1.0, (1.0, 1.0), (3, 2)))


def test_the_total_is_that_of_all_folds() -> None:
    assert Replicates(1.0, (1.0, 1.0), (2, 3)).total == 5


def _auc(score: Array, label: npt.NDArray[np.bool_]) -> float:
    return float(_in_order(score, label).mean())


def _in_order(score: Array, label: npt.NDArray[np.bool_]) -> Array:
    """Whether each pair of a positive and a negative is in order, (positives, negatives)."""
    return (score[label][:, np.newaxis] > score[~label]).astype(float)


def _delong(score: Array, label: npt.NDArray[np.bool_]) -> float:
    pairs = _in_order(score, label)
    positive, negative = pairs.mean(axis=1), pairs.mean(axis=0)
    return math.sqrt(positive.var(ddof=1) / positive.size + negative.var(ddof=1) / negative.size)


_OBSTACLE = "its parts together give 0.5: its error is unknown"


@pytest.mark.parametrize(
    ("left_out", "shown", "obstacle"),
    [
        pytest.param((0.4, 0.6), 0.5, None, id="the very value"),
        pytest.param((0.4, 0.6), 0.50009, None, id="within a thousandth of the error"),
        pytest.param((0.4, 0.6), 0.50011, _OBSTACLE, id="beyond"),
        pytest.param((0.4, 0.6), math.nan, _OBSTACLE, id="no value is shown"),
        pytest.param((0.5, 0.5), 0.5 + 1e-10, None, id="no error, and rounding"),
        pytest.param((0.5, 0.5), 0.5 + 1e-8, _OBSTACLE, id="no error, and more"),
    ],
)
def test_replicates_of_another_value_than_the_shown_have_no_error(
    left_out: tuple[float, ...], shown: float, obstacle: str | None
) -> None:
    found = Replicates(0.5, left_out, (30, 30)).around(shown)
    assert found.value == shown or math.isnan(shown)
    assert found.obstacle == obstacle
    assert (found.influences() is None) == (obstacle is not None)
    assert Replicates(0.1, (0.1, 0.1), (30, 30)).minus(found).obstacle == obstacle
