"""How good each checkpoint of a made training run is."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from benchmarks.study.fold_metrics import Array
from benchmarks.study.simulated_runs import (
    METRICS,
    SimulatedRun,
    direction,
    separation_of,
    sharpness_of,
    true_value,
)

EXAMPLES = 3_000
PREVALENCE = 0.25
SEPARATION = 1.5

EQUAL, RISE_AND_FALL, OVERFIT = "all equal", "rises, then falls", "overfits"
_PILOTS = 400


def one_better(by: float) -> str:
    """Names the scenario in which one of equal checkpoints is better."""
    return f"one better by {by:g}"


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A training run.

    Qualities are in units of the standard error of the difference of two equal checkpoints, which
    is what decides whether they can be told apart.

    Attributes:
        metric: One of `simulated_runs.METRICS`.
        shape: `EQUAL`, `RISE_AND_FALL`, `OVERFIT`, or one of `one_better`.
        checkpoints: Number of checkpoints.
        correlation: Correlation of the evidence of two checkpoints.
    """

    metric: str
    shape: str
    checkpoints: int
    correlation: float

    @property
    def quality(self) -> Array:
        """Of each checkpoint, in units, the best 0, (checkpoints,)."""
        time = np.linspace(0, 1, self.checkpoints)
        if self.shape == RISE_AND_FALL:
            return _best_0(-6 * ((time - 0.6) / 0.6) ** 2)
        if self.shape == OVERFIT:
            return _best_0(-6 * np.maximum(0, (0.4 - time) / 0.4) - 4 * np.maximum(0, time - 0.4))
        quality = np.zeros(self.checkpoints)
        if self.shape != EQUAL:
            quality -= float(self.shape.rpartition(" ")[2])
            quality[self.best] = 0
        return quality

    @property
    def best(self) -> int:
        """The truly best; of equal ones one that is fixed beforehand."""
        if self.shape in (RISE_AND_FALL, OVERFIT):
            return int(self.quality.argmax())
        return self.checkpoints // 2


@dataclasses.dataclass(frozen=True)
class Units:
    """Standard deviations over many samples.

    Attributes:
        value: Standard deviation of the metric of one checkpoint.
        difference: Standard deviation of the difference of two equal ones.
    """

    value: float
    difference: float


def units(metric: str, correlation: float, examples: int = EXAMPLES) -> Units:
    """Estimates the standard deviations by simulation, with a seed of its own."""
    rng = np.random.default_rng(1)
    pair = SimulatedRun(np.full(2, SEPARATION), np.ones(2), correlation, PREVALENCE)
    values = np.array([METRICS[metric](pair.draw(rng, examples)).value for _ in range(_PILOTS)])
    return Units(float(values.std(ddof=1)), float((values[:, 0] - values[:, 1]).std(ddof=1)))


def simulated_run(scenario: Scenario, unit: Units) -> SimulatedRun:
    """Makes checkpoints of the qualities of a scenario.

    One that overfits separates the classes no worse than before, but is too sure of itself: only
    its mean loss rises, and for other metrics quality stays at its best.
    """
    metric, quality = scenario.metric, scenario.quality
    top = true_value(metric, SEPARATION, 1.0, PREVALENCE)
    per_unit = -direction(metric).loss(1.0) * unit.difference
    later = np.arange(quality.size) > scenario.best
    separation, sharpness = np.full(quality.size, SEPARATION), np.ones(quality.size)
    for model in np.flatnonzero(quality):
        value = top + per_unit * quality[model]
        if scenario.shape == OVERFIT and later[model]:
            in_loss = value if metric == "mean loss" else None
            sharpness[model] = (
                1 + 2 * (model - scenario.best) / quality.size
                if in_loss is None
                else sharpness_of(metric, in_loss, SEPARATION, PREVALENCE)
            )
        else:
            separation[model] = separation_of(metric, value, PREVALENCE)
    return SimulatedRun(separation, sharpness, scenario.correlation, PREVALENCE)


def grid() -> Iterator[Scenario]:
    """Lists the scenarios of the study: one property is varied at a time."""
    shapes = (EQUAL, one_better(0.5), one_better(1), one_better(2), RISE_AND_FALL, OVERFIT)
    for metric in METRICS:
        for shape in shapes:
            yield Scenario(metric, shape, 20, 0.9)
        for checkpoints in (5, 50):
            yield Scenario(metric, EQUAL, checkpoints, 0.9)
            yield Scenario(metric, one_better(1), checkpoints, 0.9)
        for correlation in (0.5, 0.99):
            yield Scenario(metric, EQUAL, 20, correlation)
            yield Scenario(metric, RISE_AND_FALL, 20, correlation)


def _best_0(quality: Array) -> Array:
    return quality - quality.max()
