"""The cost model finds what the figures were made of."""

import itertools

import numpy as np
import pytest

from benchmarks.scaling.cost_model import TERMS, CostModel, Load

SECONDS = np.array([3.0, 2e-5, 4e-6, 0.05, 0.002, 1e-4, 0.3])
LOADS = [
    Load(examples, models, slices, workers, parts)
    for examples, models, slices, workers, parts in itertools.product(
        (10_000, 200_000), (1, 20, 100), (1, 25), (1, 2), (2, 32)
    )
]


def test_a_fit_finds_the_seconds_of_exact_measurements() -> None:
    measured = [CostModel(SECONDS).predict(load) for load in LOADS]
    model = CostModel.fit(LOADS, measured)
    np.testing.assert_allclose(model.seconds, SECONDS, rtol=1e-6)
    np.testing.assert_allclose(model.residuals(LOADS, measured), 0, atol=1e-9)


def test_residuals_are_as_large_as_the_noise() -> None:
    noise = np.random.default_rng(0).uniform(0.95, 1.05, len(LOADS))
    measured = [CostModel(SECONDS).predict(load) for load in LOADS] * noise
    model = CostModel.fit(LOADS, measured)
    assert 0 < np.abs(model.residuals(LOADS, measured)).max() < 0.1
    assert model.predict(LOADS[-1]) == pytest.approx(measured[-1], rel=0.1)


def test_fitted_seconds_are_never_negative() -> None:
    measured = [100 - load.models / 10 for load in LOADS]
    assert (CostModel.fit(LOADS, measured).seconds >= 0).all()


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("start-up", 1),
        ("example", 10),
        ("example and model", 10),
        ("model", 1),
        ("model and slice", 1),
        pytest.param("batch, model and slice", 3, id="merged by one worker for 16 models"),
        ("part", 10),
    ],
)
def test_terms_are_divided_among_workers(term: str, expected: float) -> None:
    one, ten = (Load(1e6, 40, 5, workers, 20).terms()[TERMS.index(term)] for workers in (1, 10))
    assert one / ten == expected


def test_too_few_measurements_are_refused() -> None:
    with pytest.raises(ValueError, match="4 measurements are too few for 7 terms"):
        CostModel.fit(LOADS[:4], [1.0] * 4)
