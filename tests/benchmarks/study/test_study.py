"""The study finds what it is made to find, and writes it below the marker."""

import dataclasses
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.study import blessings, goals, report, scenarios, simulation, weak_spots
from benchmarks.study.scenarios import EQUAL, OVERFIT, RISE_AND_FALL, Scenario, one_better
from benchmarks.study.simulated_runs import METRICS, direction
from benchmarks.study.summary import Summary, summarize
from benchmarks.study.trials import Covered

_SHAPES = (EQUAL, RISE_AND_FALL, OVERFIT, one_better(0.5))


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("metric", METRICS)
def test_checkpoints_are_as_good_as_the_scenario_says(metric: str, shape: str) -> None:
    scenario = Scenario(metric, shape, 7, 0.9)
    unit = scenarios.Units(0.01, 0.005)
    loss = direction(metric).loss(1.0) * scenarios.simulated_run(scenario, unit).truth(metric)
    quality = (loss.min() - loss) / unit.difference
    expected = scenario.quality
    if shape == OVERFIT and metric != "mean loss":
        expected = np.where(np.arange(7) > scenario.best, 0, expected)
    assert quality == pytest.approx(expected, abs=1e-5)
    assert expected[scenario.best] == 0


def test_a_clearly_better_checkpoint_is_chosen() -> None:
    scenario = Scenario("accuracy", one_better(8), 5, 0.9)
    unit = scenarios.units("accuracy", 0.9)
    result = simulation.simulate(scenario, unit, 20, seed=1)
    found = summarize(result.trials, unit, result.on_test)
    assert found.best_in_set == 1
    assert found.set_size == 1
    assert found.regret["BestValue"] == found.regret["LatestOfSet"] == 0
    assert found.optimism == pytest.approx(0, abs=0.7)


def test_the_best_of_equal_ones_looks_too_good_on_eval_and_not_on_test() -> None:
    scenario = Scenario("mean loss", EQUAL, 20, 0.5)
    unit = scenarios.units("mean loss", 0.5)
    result = simulation.simulate(scenario, unit, 40, seed=1)
    found = summarize(result.trials, unit, result.on_test)
    assert found.optimism > 0.7
    assert found.on_test == pytest.approx(0, abs=0.5)
    assert found.best_in_pairwise < found.best_in_set


def test_false_blessings_are_fewer_with_a_margin_and_on_two_splits() -> None:
    found = blessings.simulate("accuracy", 5, 60, seed=1)
    assert found.sweep_value > 0.5
    assert found.both_value < found.sweep_value
    assert found.sweep_confident < found.sweep_value
    assert found.both_confident <= 0.1


def test_values_that_never_vary_are_cautioned() -> None:
    spot = next(s for s in weak_spots.spots() if s.metric == "f1" and "about 5 " in s.kind)
    found = weak_spots.simulate(spot, 40, seed=1).values
    assert found.held < 0.8 * found.made
    assert found.held_cautioned + (found.made - found.cautioned) >= found.held
    assert found.cautioned > 0.8 * found.made


def _summary(**changes: object) -> Summary:
    good = Summary(
        400, Covered(380, 400), Covered(380, 400), 0.96, 3.0, 0.9, 2.0, {"BestValue": 0.1}, 0.5, 0.0
    )
    return dataclasses.replace(good, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("summary", "confident", "met"),
    [
        pytest.param(_summary(), 0.03, [True, True, True, True], id="all met"),
        pytest.param(_summary(values=Covered(350, 400)), 0.03, [False, True, True, True], id="low"),
        pytest.param(
            _summary(differences=Covered(400, 400)), 0.03, [True, False, True, True], id="high"
        ),
        pytest.param(_summary(best_in_set=0.9), 0.03, [True, True, False, True], id="not in set"),
        pytest.param(_summary(), 0.1, [True, True, True, False], id="false blessings"),
    ],
)
def test_goals_are_met_or_missed(summary: Summary, confident: float, met: list[bool]) -> None:
    blessed = blessings.Blessings("auc", 5, 0.9, 0.5, 0.2, confident)
    found = goals.goals([(Scenario("auc", EQUAL, 5, 0.9), summary)], [blessed], 400)
    assert [goal.met for goal in found] == met


def test_the_report_keeps_what_stands_above_its_marker(tmp_path: Path) -> None:
    names = ("BestValue", "EarliestWithin", "EarliestOfSet", "LatestOfSet", "SecondaryMetric")
    summary = _summary(regret=dict.fromkeys(names, 0.1))
    rows = [(Scenario(metric, EQUAL, 5, 0.9), summary) for metric in METRICS]
    blessed = [blessings.Blessings("auc", 5, 0.9, 0.5, 0.2, 0.03)]
    found = report.StudyResults(400, 1, 60.0, 1.0, rows, blessed, [], [("taxi", "auc", summary)])
    (tmp_path / "STUDY.md").write_text(f"# Mine\n\n{report.MARKER}\n\nstale\n")
    report.write(found, tmp_path)
    text = (tmp_path / "STUDY.md").read_text()
    assert text.startswith(f"# Mine\n\n{report.MARKER}\n\n## Tables of ")
    assert "stale" not in text
    assert "| taxi | auc | 95.0 | 95.0 |" in text
    ElementTree.fromstring((tmp_path / "study" / "study.svg").read_text())


def test_the_reports_folder_is_made(tmp_path: Path) -> None:
    rows = [(Scenario("auc", EQUAL, 5, 0.9), _summary())]
    blessed = [blessings.Blessings("auc", 5, 0.9, 0.5, 0.2, 0.03)]
    report.write(report.StudyResults(400, 1, 60.0, 1.0, rows, blessed, [], []), tmp_path / "new")
    assert (tmp_path / "new" / "STUDY.md").read_text().startswith("# Study")
