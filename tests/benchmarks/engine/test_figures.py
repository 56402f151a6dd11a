"""Medians and straight lines."""

import pytest

from benchmarks.engine.cases import ENGINE, TFMA_ALL_MODELS, TFMA_PER_CHECKPOINT, Case
from benchmarks.engine.figures import figures
from benchmarks.engine.plan import BenchmarkPlan, BenchmarkSizes, Scaled
from tests.benchmarks.engine.measurements import measurement

LESS, MORE = Case(TFMA_ALL_MODELS, 100, 3), Case(TFMA_ALL_MODELS, 200, 3)
SINGLE = Case(TFMA_PER_CHECKPOINT, 1000, 1)


def plan(*scaled: Scaled) -> BenchmarkPlan:
    return BenchmarkPlan(BenchmarkSizes(200, 1000, 5000, 2, 3, 9), {}, scaled)


def test_a_figure_is_the_median_of_its_measurements():
    case = Case(ENGINE, 1000, 3)
    runs = [
        measurement(whole, steady=whole, steady_examples=10, peak_bytes=int(whole))
        for whole in (9.0, 2.0, 4.0)
    ]
    figure = figures(plan(), {case: runs})[case]
    assert (figure.whole, figure.lowest, figure.highest, figure.runs) == (4.0, 2.0, 9.0, 3)
    assert figure.steady_per_example == 0.4
    assert figure.start_up_parts == {"load": 0.5, "first batch": 0.5}
    assert (figure.peak_bytes, figure.finish, figure.scaled) == (4, 1.0, None)


def test_one_batch_has_no_steady_state():
    case = Case(ENGINE, 1000, 3)
    figure = figures(plan(), {case: [measurement(1.0, steady=0.0, steady_examples=0)]})[case]
    assert figure.steady_per_example is None


@pytest.mark.parametrize(
    ("scaled", "whole", "words"),
    [
        (Scaled(Case(TFMA_ALL_MODELS, 1000, 3), (LESS, MORE)), 10 + 8 * 5.0, "100 and 200"),
        (Scaled(Case(TFMA_ALL_MODELS, 1000, 3), (MORE, LESS)), 10 + 8 * 5.0, "100 and 200"),
        (Scaled(Case(TFMA_PER_CHECKPOINT, 1000, 3), (SINGLE,), 3), 21.0, "3 times"),
        (Scaled(Case(TFMA_ALL_MODELS, 300, 3), (LESS, MORE), 2), 30.0, "2 times"),
    ],
)
def test_a_scaled_figure_follows_the_line_and_says_so(scaled, whole, words):
    measured = {LESS: [measurement(5.0)], MORE: [measurement(10.0)], SINGLE: [measurement(7.0)]}
    figure = figures(plan(scaled), measured)[scaled.case]
    assert figure.whole == pytest.approx(whole)
    assert words in figure.scaled
    assert (figure.runs, figure.lowest, figure.peak_bytes) == (0, None, None)


@pytest.mark.parametrize(
    "measured",
    [
        {},
        {LESS: [measurement(5.0)]},
        {LESS: [measurement(5.0)], MORE: [measurement(4.0)]},
    ],
)
def test_without_a_rising_line_there_is_no_scaled_figure(measured):
    scaled = Scaled(Case(TFMA_ALL_MODELS, 1000, 3), (LESS, MORE))
    assert scaled.case not in figures(plan(scaled), measured)


def test_one_point_of_another_size_is_a_mistake_in_the_plan():
    scaled = Scaled(Case(TFMA_ALL_MODELS, 1000, 3), (LESS,))
    with pytest.raises(ValueError, match="One point"):
        figures(plan(scaled), {LESS: [measurement(5.0)]})
