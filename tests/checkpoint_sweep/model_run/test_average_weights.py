"""The weights of the last checkpoints, against NumPy and against what they stand for."""

import numpy as np
import pytest

from checkpoint_sweep.model_run.average_weights import AverageWeights

COUNTS = (1, 2, 5, 12)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("weights", AverageWeights)
def test_weights_are_positive_and_sum_to_one(weights: AverageWeights, count: int) -> None:
    made = weights.of(count)
    assert len(made) == count
    assert min(made) > 0
    assert sum(made) == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("count", COUNTS)
def test_linear_weights_grow_by_the_same_amount(count: int) -> None:
    ramp = np.arange(1, count + 1)
    np.testing.assert_allclose(AverageWeights.LINEAR.of(count), ramp / ramp.sum(), rtol=1e-14)


@pytest.mark.parametrize("count", COUNTS)
def test_exponential_weights_are_those_of_a_moving_average(count: int) -> None:
    """The recursion of an exponential moving average, on the unit vectors."""
    average = np.zeros(count)
    for checkpoint in np.eye(count):
        average = 0.8 * average + 0.2 * checkpoint
    expected = average / average.sum()  # It begins at nothing.
    np.testing.assert_allclose(AverageWeights.EXPONENTIAL.of(count), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("weights", "decay"),
    [
        (AverageWeights.UNIFORM, lambda t: 1 - t),
        (AverageWeights.COSINE, lambda t: (1 + np.cos(np.pi * t)) / 2),
    ],
)
@pytest.mark.parametrize("count", COUNTS)
def test_an_average_is_where_a_decay_of_the_learning_rate_leads(
    weights: AverageWeights, decay: object, count: int
) -> None:
    """Steps from one checkpoint to the next, each scaled by the decay, and fixed otherwise."""
    assert callable(decay)
    random = np.random.default_rng(7)
    steps = random.normal(size=(count - 1, 3))
    checkpoints = np.cumsum([np.zeros(3), *steps], axis=0)
    decayed = sum((decay((i + 1) / count) * step for i, step in enumerate(steps)), np.zeros(3))
    averaged = np.average(checkpoints, axis=0, weights=weights.of(count))
    np.testing.assert_allclose(averaged, decayed, atol=1e-13)
