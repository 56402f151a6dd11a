"""Each ratio against its definition, on figures whose ratios are known."""

import dataclasses

import pytest

from benchmarks.engine.cases import (
    BARE_SESSION_RUN,
    ENGINE,
    ENGINE_WITHOUT_FOLDS,
    ESTIMATOR_EVALUATE,
    KERAS_EVALUATE,
    TFMA_ALL_MODELS,
    TFMA_NEWEST_STACK,
    TFMA_PER_CHECKPOINT,
    Case,
)
from benchmarks.engine.figures import Figure
from benchmarks.engine.plan import full
from benchmarks.engine.ratios import ratios

PLAN = full()


def figure(contender: str, examples: int, checkpoints: int, whole: float, **values) -> Figure:
    return Figure(Case(contender, examples, checkpoints), whole, 3, **values)


def by_case(*figures: Figure) -> dict[Case, Figure]:
    return {figure.case: figure for figure in figures}


FIGURES = by_case(
    figure(ENGINE, 2_000, 5, 1.0),
    figure(ENGINE, 15_002, 5, 1.5),
    figure(ENGINE, 15_002, 20, 2.0, start_up=1.5, peak_bytes=1000),
    figure(ENGINE, 300_000, 1, 10.0),
    figure(ENGINE, 300_000, 20, 29.0, steady_per_example=3e-5, peak_bytes=1100),
    figure(ENGINE, 300_000, 100, 90.0, steady_per_example=9e-5),
    figure(ENGINE_WITHOUT_FOLDS, 300_000, 20, 20.0, steady_per_example=2.4e-5),
    figure(BARE_SESSION_RUN, 300_000, 20, 4.0, steady_per_example=2e-5),
    figure(BARE_SESSION_RUN, 300_000, 100, 9.0, steady_per_example=5e-5),
    figure(ESTIMATOR_EVALUATE, 15_002, 20, 16.0),
    figure(KERAS_EVALUATE, 15_002, 20, 10.0),
    figure(TFMA_PER_CHECKPOINT, 15_002, 1, 8.0),
    figure(TFMA_NEWEST_STACK, 15_002, 1, 5.0),
    figure(TFMA_ALL_MODELS, 2_000, 5, 200.0),
    figure(TFMA_ALL_MODELS, 15_002, 5, 300.0),
    figure(TFMA_ALL_MODELS, 15_002, 20, 80.0, scaled="line through 1000 and 2000 examples"),
)
VALUES = {
    "steady_state_vs_bare_session_run": (1.5, False, False),
    "steady_state_without_folds_vs_bare_session_run": (1.2, None, False),
    "steady_state_k100_vs_bare_session_run": (1.8, None, False),
    "engine_vs_estimator_evaluate_k20": (2 / 16, False, False),
    "engine_vs_keras_evaluate_k20": (2 / 10, None, False),
    "engine_k20_vs_tfma_single_k1": (2 / 8, False, False),
    "engine_k20_vs_newest_tfma_single_k1": (2 / 5, None, False),
    "engine_vs_tfma_multi_model_k5_measured": (1 / 200, True, False),
    "engine_vs_tfma_multi_model_k5_15002": (1.5 / 300, None, False),
    "engine_vs_tfma_multi_model_k20": (2 / 80, False, True),
    "marginal_checkpoint": (0.1, False, False),
    "memory_growth_20x_data": (1.1, True, False),
    "start_up_seconds_k20": (1.5, True, False),
}


def test_ratios_are_computed_and_compared_with_their_targets():
    found = {r.name: (pytest.approx(r.value), r.met, r.uses_scaled) for r in ratios(PLAN, FIGURES)}
    assert found == VALUES


def test_every_ratio_has_a_definition():
    assert all(len(ratio.definition) > 40 for ratio in ratios(PLAN, FIGURES))


@pytest.mark.parametrize("case", FIGURES)
def test_a_missing_figure_is_named(case):
    found = ratios(PLAN, {key: value for key, value in FIGURES.items() if key != case})
    missing = [ratio for ratio in found if ratio.value is None]
    assert missing
    for ratio in missing:
        assert ratio.met is None
        assert (
            f"{case.contender} on {case.examples} examples with {case.checkpoints}" in ratio.missing
        )


def test_a_value_at_the_limit_meets_the_target():
    key = Case(ESTIMATOR_EVALUATE, 15_002, 20)
    at_limit = {**FIGURES, key: dataclasses.replace(FIGURES[key], whole=20.0)}
    met = {ratio.name: ratio.met for ratio in ratios(PLAN, at_limit)}
    assert met["engine_vs_estimator_evaluate_k20"] is True
