"""Where intervals are the least to be trusted: few examples, rare labels, heavy tails."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.study import fold_metrics
from benchmarks.study.fold_metrics import Array, Metric, Sample
from benchmarks.study.scenarios import EXAMPLES, PREVALENCE, SEPARATION
from benchmarks.study.simulated_runs import FOLDS, METRICS, SimulatedRun
from benchmarks.study.trials import Covered, covered

_CORRELATION = 0.9
_RARE_SEPARATION = 2.5  # With less, no rare positive is ever found, and F1 is 0.


@dataclasses.dataclass(frozen=True)
class Spot:
    """Two equal checkpoints on examples of one kind.

    Attributes:
        kind: Kind of the examples, in words.
        metric: Name of the metric.
        evaluate: Function that computes the metric.
        draw: Function that makes a sample.
        truth: True values of the metric, (2,).
    """

    kind: str
    metric: str
    evaluate: Metric
    draw: Callable[[np.random.Generator], Sample]
    truth: Array


@dataclasses.dataclass(frozen=True)
class Coverage:
    """What intervals are worth there.

    Attributes:
        spot: Weak spot.
        values: Coverage of intervals of values.
        differences: Coverage of intervals of differences.
    """

    spot: Spot
    values: Covered
    differences: Covered


def spots() -> Iterator[Spot]:
    """Lists the weak spots of the study."""
    for metric in METRICS:
        for examples in (50, 100, 200, 400, 1_000):
            yield _binary(metric, f"{examples:,} examples, 1 in 4 positive", examples, PREVALENCE)
        for positives in (5, 10, 20, 50, 100, 200):
            kind = f"about {positives} positives of {EXAMPLES:,}"
            yield _binary(metric, kind, EXAMPLES, positives / EXAMPLES)
    for examples in (400, 3_000, 15_000):
        for sigma in (1.0, 1.5, 2.0, 2.5):
            yield _heavy(sigma, examples)


def simulate(spot: Spot, replications: int, seed: int) -> Coverage:
    """Draws samples and counts."""
    rng = np.random.default_rng(seed)
    values, differences = Covered(), Covered()
    gap = float(spot.truth[0] - spot.truth[1])
    for _ in range(replications):
        one, other = spot.evaluate(spot.draw(rng)).replicates()
        values += covered([(one, float(spot.truth[0]))])
        differences += covered([(one.minus(other), gap)])
    return Coverage(spot, values, differences)


def _binary(metric: str, kind: str, examples: int, prevalence: float) -> Spot:
    rare = metric == "f1" and prevalence < PREVALENCE
    separation = np.full(2, _RARE_SEPARATION if rare else SEPARATION)
    simulated_run = SimulatedRun(separation, np.ones(2), _CORRELATION, prevalence)
    return Spot(
        kind,
        metric,
        METRICS[metric],
        lambda rng: simulated_run.draw(rng, examples),
        simulated_run.truth(metric),
    )


def _heavy(sigma: float, examples: int) -> Spot:
    """Makes the mean of losses whose logarithms are normal with a standard deviation of `sigma`."""

    def draw(rng: np.random.Generator) -> Sample:
        own = rng.standard_normal((2, examples)) * np.sqrt(1 - _CORRELATION)
        logarithm = own + rng.standard_normal(examples) * np.sqrt(_CORRELATION)
        sizes = rng.multinomial(examples, np.full(FOLDS, 1 / FOLDS))
        return Sample(np.zeros(examples), np.exp(sigma * logarithm), sizes)

    kind = f"{examples:,} lognormal losses, sigma {sigma:g}"
    return Spot(kind, "mean", fold_metrics.mean, draw, np.full(2, np.exp(sigma**2 / 2)))
