"""The study's tables, as Markdown."""

import math
from collections.abc import Iterable

from benchmarks.common.page import rows as markdown_rows
from benchmarks.study.blessings import Blessings
from benchmarks.study.goals import Goal
from benchmarks.study.scenarios import Scenario
from benchmarks.study.summary import Summary
from benchmarks.study.trials import Covered
from benchmarks.study.weak_spots import Coverage

RULES = ("BestValue", "EarliestWithin", "EarliestOfSet", "LatestOfSet", "SecondaryMetric")


def goals(found: Iterable[Goal]) -> str:
    """Tabulates the goals, and whether they are met."""
    return markdown_rows(
        ("goal", "found", ""),
        ((goal.name, goal.found, "met" if goal.met else "**missed**") for goal in found),
    )


def coverage(rows: Iterable[tuple[Scenario, Summary]]) -> str:
    """Tabulates the coverage of intervals, the set and pairwise tests, by scenario."""
    head = (
        "metric", "checkpoints", "K", "correlation", "interval of a value", "of a difference",
        "cautioned", "best in the set", "size of the set", "best in the pairwise", "its size",
    )  # fmt: skip
    return markdown_rows(
        head,
        (
            (
                *_of_scenario(scenario),
                *_of_summary(found),
            )
            for scenario, found in rows
        ),
    )


def regret(rows: Iterable[tuple[Scenario, Summary]]) -> str:
    """Tabulates the regret of the rules, where not all are equal."""
    return markdown_rows(
        ("metric", "checkpoints", "K", "correlation", *RULES),
        (
            (
                *_of_scenario(scenario),
                *(f"{found.regret[rule]:.2f}" for rule in RULES),
            )
            for scenario, found in rows
        ),
    )


def optimism(rows: Iterable[tuple[Scenario, Summary]]) -> str:
    """Tabulates the optimism of the best value, on eval and on test."""
    return markdown_rows(
        ("metric", "checkpoints", "K", "correlation", "on eval", "on test"),
        (
            (
                *_of_scenario(scenario),
                f"{found.optimism:+.2f}",
                f"{found.on_test:+.2f}",
            )
            for scenario, found in rows
        ),
    )


def blessings(rows: Iterable[Blessings]) -> str:
    """Tabulates false blessings, by the margin of the threshold."""
    head = (
        "metric", "K", "VALUE, sweep", "VALUE, and Evaluator",
        "CONFIDENT, sweep", "CONFIDENT, and Evaluator",
    )  # fmt: skip
    return markdown_rows(
        head,
        (
            (
                row.metric,
                str(row.checkpoints),
                _percent(row.sweep_value),
                _percent(row.both_value),
                _percent(row.sweep_confident),
                _percent(row.both_confident),
            )
            for row in rows
        ),
    )


def weak_spots(rows: Iterable[Coverage]) -> str:
    """Tabulates the coverage where there is little to go by, and the cautions there."""
    head = (
        "metric", "examples", "value", "without caution", "cautioned", "no interval",
        "difference", "without caution", "cautioned",
    )  # fmt: skip
    return markdown_rows(
        head,
        (
            (
                row.spot.metric,
                row.spot.kind,
                *_share(row.values),
                _none(row.values),
                *_share(row.differences),
            )
            for row in rows
        ),
    )


def real_runs(rows: Iterable[tuple[str, str, Summary]]) -> str:
    """Tabulates the results of checkpoints of real runs."""
    head = (
        "run", "metric", "interval of a value", "of a difference", "cautioned", "best in the set",
        "size of the set", "best in the pairwise", "its size", *RULES, "optimism",
    )  # fmt: skip
    return markdown_rows(
        head,
        (
            (
                run,
                metric,
                *_of_summary(found),
                *(f"{found.regret[rule]:.2f}" for rule in RULES),
                f"{found.optimism:+.2f}",
            )
            for run, metric, found in rows
        ),
    )


def _of_scenario(scenario: Scenario) -> tuple[str, ...]:
    return (
        scenario.metric,
        scenario.shape,
        str(scenario.checkpoints),
        f"{scenario.correlation:g}",
    )


def _of_summary(found: Summary) -> tuple[str, ...]:
    return (
        _held(found.values),
        _held(found.differences),
        _percent(found.values.cautioned / max(found.values.made, 1)),
        _percent(found.best_in_set),
        f"{found.set_size:.1f}",
        _percent(found.best_in_pairwise),
        f"{found.pairwise_size:.1f}",
    )


def _share(covered: Covered) -> tuple[str, str, str]:
    """Formats coverage, that without a caution, and how often there is one."""
    made = covered.made - covered.cautioned
    without = Covered(covered.held - covered.held_cautioned, made)
    return _held(covered), _held(without), _percent(covered.cautioned / max(covered.made, 1))


def _none(covered: Covered) -> str:
    return _percent(covered.none / (covered.made + covered.none))


def _held(covered: Covered) -> str:
    return _percent(covered.held / covered.made) if covered.made else "–"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f}"
