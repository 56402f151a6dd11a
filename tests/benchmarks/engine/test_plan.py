"""The plan covers what the ratios and sizes need, in an interleaved order."""

import pytest

from benchmarks.engine import plan as plan_lib
from benchmarks.engine.cases import (
    BARE_SESSION_RUN,
    CONTENDERS,
    ENGINE,
    ENGINE_WITHOUT_FOLDS,
    TFMA_ALL_MODELS,
    TFMA_NEWEST_STACK,
    TFMA_PER_CHECKPOINT,
    Case,
)
from benchmarks.engine.figures import figures
from benchmarks.engine.progress import Remaining
from benchmarks.engine.ratios import ratios
from benchmarks.engine.runner import MeasurementTask, interleaved
from tests.benchmarks.engine.measurements import measurement


@pytest.mark.parametrize("plan", [plan_lib.full(), plan_lib.smoke()])
def test_every_ratio_has_its_figures(plan):
    measured = {case: [measurement(float(case.examples))] for case in plan.repeats}
    found = ratios(plan, figures(plan, measured))
    assert [ratio.missing for ratio in found] == [None] * len(found)


def test_contenders_have_figures_at_the_sizes_that_are_compared():
    plan = plan_lib.full()
    measured = {case: [measurement(float(case.examples))] for case in plan.repeats}
    found = set(figures(plan, measured))
    sizes = [(15_002, 1), (15_002, 20), (300_000, 1), (300_000, 20)]
    everywhere = {*CONTENDERS} - {ENGINE_WITHOUT_FOLDS, TFMA_NEWEST_STACK}
    wanted = {Case(contender, *size) for contender in everywhere for size in sizes}
    # With one model, all models in one run is one run per checkpoint.
    wanted -= {Case(TFMA_ALL_MODELS, examples, 1) for examples in (15_002, 300_000)}
    for contender in (ENGINE, BARE_SESSION_RUN, TFMA_PER_CHECKPOINT, TFMA_ALL_MODELS):
        wanted.add(Case(contender, 15_002, 5))
    for contender in (ENGINE, BARE_SESSION_RUN):
        wanted.add(Case(contender, 300_000, 100))
    wanted.add(Case(ENGINE_WITHOUT_FOLDS, 300_000, 20))
    wanted.add(Case(TFMA_NEWEST_STACK, 15_002, 1))
    assert wanted - found == set()


def test_what_is_scaled_is_not_measured():
    plan = plan_lib.full()
    assert not {scaled.case for scaled in plan.scaled} & set(plan.repeats)


def test_a_plan_is_reduced_to_some_contenders():
    plan = plan_lib.full().only([ENGINE])
    assert {case.contender for case in plan.repeats} == {ENGINE}
    assert list(plan.scaled) == []
    assert plan.example_counts() == {2_000, 15_002, 300_000}


def test_repeats_of_a_case_are_in_different_rounds():
    a, b, c = Case("x", 10, 1), Case("y", 10, 1), Case("x", 99, 1)
    order = interleaved({c: 2, a: 3, b: 1})
    assert order == [
        MeasurementTask(a, 1),
        MeasurementTask(b, 1),
        MeasurementTask(c, 1),
        MeasurementTask(a, 2),
        MeasurementTask(c, 2),
        MeasurementTask(a, 3),
    ]


def test_the_expected_time_follows_the_pace():
    cases = list(plan_lib.full().repeats)
    remaining = Remaining()
    guess = remaining.seconds(cases)
    remaining.took(cases[0], 3 * remaining.seconds(cases[:1]))
    assert remaining.seconds(cases) == pytest.approx(3 * guess)
    assert remaining.seconds([]) == 0
