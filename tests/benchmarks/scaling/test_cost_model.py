"""The cost model finds what the figures were made of."""

import itertools

import numpy as np
import pytest

from benchmarks.scaling.cost_model import TERMS, CostModel, Load

SECONDS = np.array([3.0, 2e-5, 4e-6, 0.05, 0.002, 1e-5, 1e-4, 0.3, 0.1, 0.05, 0.002])
LOADS = [
    Load(examples, models, slices, workers, parts, elements)
    for examples, models, slices, workers, parts, elements in itertools.product(
        (10_000, 200_000), (1, 20, 100), (1, 25), (1, 2), (2, 32), (1, 16, 256)
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
        ("batch, model and slice", 245 / 25),
        pytest.param("state, model and slice", 3, id="merged by one worker for 16 models"),
        ("part", 10),
        ("element of a worker", 10),
        ("element", 1),
        ("task of a shuffle", 1),
    ],
)
def test_terms_are_divided_among_workers(term: str, expected: float) -> None:
    one, ten = (Load(1e6, 40, 5, workers, 20, 20).terms()[TERMS.index(term)] for workers in (1, 10))
    assert one / ten == pytest.approx(expected)


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        (1, 1000),
        pytest.param(16, 1000, id="at once"),
        pytest.param(17, 1000 / 2 + 2, id="two groups, and what they give"),
        pytest.param(1000, 1000 / 63 + 63 / 4 + 4, id="stages of about 16 states"),
    ],
)
def test_more_workers_merge_states_in_stages(workers: int, expected: float) -> None:
    terms = Load(1e6, 1, 1, workers, 1000, 1000).terms()
    assert terms[TERMS.index("state, model and slice")] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("elements", "tasks"), [(1, 1), (32, 32**2), (64, 2 * 8**3), (1000, 2 * 32**3)]
)
def test_a_shuffle_has_the_tasks_that_dask_makes(elements: int, tasks: int) -> None:
    assert Load(1e6, 1, 1, 1, 1000, elements).terms()[TERMS.index("task of a shuffle")] == tasks


def test_too_few_measurements_are_refused() -> None:
    with pytest.raises(ValueError, match="4 measurements are too few for 11 terms"):
        CostModel.fit(LOADS[:4], [1.0] * 4)
