"""The set holds what is tied with the best, and nothing else."""

import time

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from checkpoint_sweep.selection.best_set import Family, best_set

Array = npt.NDArray[np.float64]


def _influences(candidates: int, correlation: float = 0.0, buckets: int = 20) -> Array:
    """Of values with a standard error of about 1, of examples that they share."""
    rng = np.random.default_rng(0)
    own = rng.normal(size=(candidates, buckets))
    shared = rng.normal(size=buckets)
    mixed = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    return mixed / np.sqrt(buckets)


def _members(losses: list[float], influences: Array, level: float = 0.95) -> list[int]:
    return np.flatnonzero(best_set(np.array(losses), influences, level)).tolist()


@pytest.mark.parametrize(
    ("losses", "influences", "members"),
    [
        pytest.param([0.3], _influences(1), [0], id="one candidate"),
        pytest.param([0.3, 0.3], np.ones((2, 20)), [0, 1], id="identical"),
        pytest.param([0.3, 0.4], np.ones((2, 20)), [0], id="alike but for a constant"),
        pytest.param([0.3, 0.4], np.zeros((2, 20)), [0], id="without error"),
        pytest.param([0.0, 9.0, 9.0], _influences(3), [0], id="a clear winner is alone"),
        pytest.param([0.0, 0.1, 0.2], _influences(3), [0, 1, 2], id="nothing can be told"),
        pytest.param([0.0, 0.1, 9.0], _influences(3), [0, 1], id="one clear loser"),
    ],
)
def test_the_set_has_these_members(
    losses: list[float], influences: Array, members: list[int]
) -> None:
    assert _members(losses, influences) == members


@pytest.mark.parametrize("candidates", [1, 2, 30])
def test_a_member_is_compared_as_another_of_its_loss_and_influences(candidates: int) -> None:
    influences = _influences(candidates)
    influences[-1] = influences[0]
    losses = np.random.default_rng(1).normal(size=candidates)
    family = Family(losses, influences, 0.95)
    for position in range(candidates):
        member = family.compare_member(position)
        other = family.compare(losses[position], influences[position])
        assert member.critical == pytest.approx(other.critical, rel=1e-12)
        assert (member.standard_errors == other.standard_errors).all()
        assert member.beaten_by == other.beaten_by


def test_identical_candidates_stay_or_go_together() -> None:
    influences = _influences(4)
    influences[2] = influences[1]
    assert _members([0.0, 0.2, 0.2, 9.0], influences) == [0, 1, 2]
    assert _members([9.0, 9.5, 9.5, 0.0], influences) == [3]


def test_shared_variation_does_not_hide_a_difference() -> None:
    losses = [0.0, 1.5]
    assert _members(losses, _influences(2, correlation=0.0)) == [0, 1]
    assert _members(losses, _influences(2, correlation=0.95)) == [0]


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_of_two_candidates_the_test_is_a_paired_t_test(level: float) -> None:
    influences = _influences(2)
    scale = np.linalg.norm(influences[0] - influences[1])
    quantile = stats.t.ppf(level, 19)
    # Quantiles of 1,999 draws vary.
    assert _members([0.0, quantile * scale * 0.9], influences, level) == [0, 1]
    assert _members([0.0, quantile * scale * 1.1], influences, level) == [0]


def test_among_more_candidates_a_difference_must_be_larger() -> None:
    """What is significant for a pair may be chance among fifty."""
    influences = _influences(50)
    scale = np.linalg.norm(influences[0] - influences[1])
    losses = [0.0] + [2.2 * float(scale)] * 49
    assert _members(losses[:2], influences[:2]) == [0]
    assert len(_members(losses, influences)) > 1


def test_a_higher_level_holds_more() -> None:
    influences = _influences(20, 0.8)
    losses = np.linspace(0, 3, 20).tolist()
    sizes = [len(_members(losses, influences, level)) for level in (0.5, 0.8, 0.95, 0.99)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


@pytest.mark.parametrize("seed", range(5))
def test_neither_order_nor_scale_matters(seed: int) -> None:
    rng = np.random.default_rng(seed)
    influences, losses = _influences(12, 0.7), rng.normal(size=12)
    expected = best_set(losses, influences, 0.95)
    order = rng.permutation(12)
    assert (best_set(losses[order], influences[order], 0.95) == expected[order]).all()
    assert (best_set(1e6 * losses + 5, 1e6 * influences, 0.95) == expected).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_lowest_loss_is_in_the_set(seed: int) -> None:
    rng = np.random.default_rng(seed)
    losses = rng.normal(size=30)
    influences = 0.1 * rng.standard_t(2, size=(30, 20))
    assert best_set(losses, influences, 0.5)[losses.argmin()]


def test_the_set_holds_the_best_of_equal_candidates_as_often_as_its_level() -> None:
    """Of 400 samples with ten candidates; by pairwise tests it would be two thirds."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        buckets = rng.normal(size=(10, 20)) + rng.normal(size=20)
        value = buckets.mean(axis=1)
        influences = (buckets - value[:, np.newaxis]) / np.sqrt(19 * 20)
        held += best_set(value, influences, 0.95)[0]
    assert 0.92 <= held / 400 <= 0.98


def test_two_hundred_candidates_take_less_than_a_second() -> None:
    influences = _influences(200, 0.9)
    losses = np.random.default_rng(6).normal(size=200) / 5
    started = time.process_time()
    best_set(losses, influences, 0.95)
    assert time.process_time() - started < 1  # A tenth of it on one core.
