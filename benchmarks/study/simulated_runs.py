"""Made checkpoints of known quality: what they say of an example, and what is true of them."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from benchmarks.study import fold_metrics
from benchmarks.study.fold_metrics import Array, Metric, Sample
from checkpoint_sweep.selection.criteria import Direction

FOLDS = 20
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(201)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()

METRICS: Mapping[str, Metric] = {
    "auc": fold_metrics.auc,
    "accuracy": fold_metrics.accuracy,
    "mean loss": fold_metrics.log_loss,
    "f1": fold_metrics.f1,
}


def direction(metric: str) -> Direction:
    """Returns the direction of one of `METRICS`."""
    return Direction.LOWER_IS_BETTER if metric == "mean loss" else Direction.HIGHER_IS_BETTER


@dataclasses.dataclass(frozen=True)
class SimulatedRun:
    """Binary classifiers. Each sees evidence, normal in both classes, and says log odds.

    Attributes:
        separation: Distance of the classes in the evidence of each, in standard deviations,
            (models,).
        sharpness: Factor by which each multiplies the right log odds; above 1 it is too sure,
            (models,).
        correlation: Correlation of the evidence of two models, given the label.
        prevalence: Share of examples with label 1.
    """

    separation: Array
    sharpness: Array
    correlation: float
    prevalence: float

    def draw(self, rng: np.random.Generator, examples: int) -> Sample:
        """Draws independent examples, in folds at random."""
        label = (rng.random(examples) < self.prevalence).astype(np.float32)
        return self.outputs(rng, label)

    def outputs(self, rng: np.random.Generator, label: npt.NDArray[np.float32]) -> Sample:
        """Draws the models' outputs for examples with these labels, in folds at random."""
        models, examples = self.separation.size, label.size
        evidence = rng.standard_normal((models, examples), np.float32)
        evidence *= np.float32(np.sqrt(1 - self.correlation))
        common = rng.standard_normal(examples, np.float32)
        evidence += np.float32(np.sqrt(self.correlation)) * common
        separation = self.separation.astype(np.float32)[:, np.newaxis]
        evidence += separation * label
        offset = (_odds(self.prevalence) - self.separation**2 / 2).astype(np.float32)
        evidence *= separation
        evidence += offset[:, np.newaxis]
        evidence *= self.sharpness.astype(np.float32)[:, np.newaxis]
        sizes = rng.multinomial(examples, np.full(FOLDS, 1 / FOLDS))
        return Sample(label, evidence, sizes)

    def truth(self, metric: str) -> Array:
        """Computes the metric of infinitely many examples, (models,)."""
        values = [
            true_value(metric, separation, sharpness, self.prevalence)
            for separation, sharpness in zip(self.separation, self.sharpness, strict=True)
        ]
        return np.array(values)

    def only(self, model: int) -> "SimulatedRun":
        """Keeps one of the models."""
        at = slice(model, model + 1)
        return dataclasses.replace(
            self, separation=self.separation[at], sharpness=self.sharpness[at]
        )


def true_value(metric: str, separation: float, sharpness: float, prevalence: float) -> float:
    """Computes a metric in closed form, the mean loss by Gauss-Hermite quadrature."""
    p, q = prevalence, 1 - prevalence
    if metric == "auc":
        return float(stats.norm.cdf(separation / np.sqrt(2)))
    if metric == "mean loss":
        at_0 = separation * _NODES - separation**2 / 2 + _odds(p)
        at_1 = at_0 + separation**2
        losses = p * np.logaddexp(0, -sharpness * at_1) + q * np.logaddexp(0, sharpness * at_0)
        return float(losses @ _WEIGHTS)
    threshold = separation / 2 - _odds(p) / separation
    recall, false = stats.norm.sf(threshold - separation), stats.norm.sf(threshold)
    if metric == "accuracy":
        return float(p * recall + q * (1 - false))
    return float(2 * p * recall / (p * recall + q * false + p))


def separation_of(metric: str, value: float, prevalence: float) -> float:
    """Inverts `true_value` at sharpness 1."""

    def miss(separation: float) -> float:
        return true_value(metric, separation, 1.0, prevalence) - value

    return float(optimize.brentq(miss, 0.3, 5.0, xtol=1e-10))


def sharpness_of(metric: str, value: float, separation: float, prevalence: float) -> float:
    """Finds the sharpness above 1 at which a mean loss has a value."""

    def miss(sharpness: float) -> float:
        return true_value(metric, separation, sharpness, prevalence) - value

    return float(optimize.brentq(miss, 1.0, 50.0, xtol=1e-10))


def _odds(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))
