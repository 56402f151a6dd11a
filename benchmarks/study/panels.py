"""What the chart shows: coverage and the set, by scenario."""

from collections.abc import Callable, Sequence

from benchmarks.study.chart import Panel, Point
from benchmarks.study.goals import COVERAGE, IN_SET
from benchmarks.study.scenarios import Scenario
from benchmarks.study.simulated_runs import METRICS
from benchmarks.study.summary import Summary, error
from benchmarks.study.trials import Covered

Rows = Sequence[tuple[Scenario, Summary]]


def panels(rows: Rows, replications: int) -> list[Panel]:
    """Makes a panel for each kind of share; error bars are two standard errors."""
    kinds = list(dict.fromkeys(map(_kind, (scenario for scenario, _ in rows))))

    def panel(
        title: str, share: Callable[[Summary], float], low: float, goal: tuple[float, float]
    ) -> Panel:
        series = []
        for metric in METRICS:
            shares = [(_kind(s), share(found)) for s, found in rows if s.metric == metric]
            points = [Point(kinds.index(k), v, error(v, replications)) for k, v in shares]
            series.append((metric, points))
        return Panel(title, kinds, series, low, 1.0, goal)

    at_least = (IN_SET, 1.0)
    return [
        panel("Intervals of values that hold the truth", lambda f: _held(f.values), 0.9, COVERAGE),
        panel(
            "Intervals of differences that hold the truth",
            lambda f: _held(f.differences),
            0.9,
            COVERAGE,
        ),
        panel("The truly best is in the set", lambda f: f.best_in_set, 0.9, at_least),
        panel(
            "The truly best is in the set of pairwise tests",
            lambda f: f.best_in_pairwise,
            0.5,
            at_least,
        ),
    ]


def _kind(scenario: Scenario) -> str:
    """Names a group of points, in three lines."""
    shape = scenario.shape.replace("one better by", "one by").replace(", then ", "/")
    return f"{shape}\nK = {scenario.checkpoints}\nr = {scenario.correlation:g}"


def _held(covered: Covered) -> float:
    return covered.held / covered.made
