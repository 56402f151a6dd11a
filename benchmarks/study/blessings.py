"""False blessings: how often something is blessed where nothing beats the deployed model."""

import dataclasses

import numpy as np

from benchmarks.study.fold_metrics import EvaluatedMetric
from benchmarks.study.scenarios import EXAMPLES, PREVALENCE, SEPARATION
from benchmarks.study.simulated_runs import METRICS, SimulatedRun, direction
from checkpoint_sweep.selection.direction import Direction
from checkpoint_sweep.selection.intervals import LEVEL, estimate
from checkpoint_sweep.selection.margin import Margin


@dataclasses.dataclass(frozen=True)
class Blessings:
    """Shares of runs in which no candidate is truly better than the baseline.

    Attributes:
        metric: Metric of the change threshold, which asks for more than no change.
        checkpoints: Number of candidates.
        sweep_value: Share that the sweep blesses with `Margin.VALUE`.
        both_value: Share that the Evaluator blesses on test too.
        sweep_confident: Share that the sweep blesses with `Margin.CONFIDENT`.
        both_confident: Share that the Evaluator blesses on test too.
    """

    metric: str
    checkpoints: int
    sweep_value: float
    both_value: float
    sweep_confident: float
    both_confident: float


def simulate(metric: str, checkpoints: int, replications: int, seed: int) -> Blessings:
    """Simulates candidates that equal the baseline, where false blessings are the most frequent.

    The sweep chooses the best value of those that meet the threshold on eval; the Evaluator judges
    the chosen by the same threshold on as many other examples.
    """
    rng = np.random.default_rng(seed)
    simulated_run = SimulatedRun(
        np.full(checkpoints + 1, SEPARATION), np.ones(checkpoints + 1), 0.9, PREVALENCE
    )
    blessed = {margin: np.zeros(2) for margin in Margin}
    for _ in range(replications):
        on_eval = METRICS[metric](simulated_run.draw(rng, EXAMPLES))
        on_test = METRICS[metric](simulated_run.draw(rng, EXAMPLES))
        for margin in Margin:
            chosen = _sweep(on_eval, direction(metric), margin)
            if chosen is not None:
                blessed[margin][0] += 1
                blessed[margin][1] += _meets(on_test, chosen, direction(metric), margin)
    value, confident = (blessed[margin] / replications for margin in Margin)
    return Blessings(metric, checkpoints, *map(float, (*value, *confident)))


def _sweep(evaluated: EvaluatedMetric, better: Direction, margin: Margin) -> int | None:
    """Chooses the best value that meets the threshold; the first model is the baseline."""
    order = 1 + np.argsort(better.loss(1.0) * evaluated.value[1:])
    return next((int(m) for m in order if _meets(evaluated, int(m), better, margin)), None)


def _meets(evaluated: EvaluatedMetric, model: int, better: Direction, margin: Margin) -> bool:
    candidate, baseline = evaluated.replicates([model, 0])
    known = estimate(candidate.minus(baseline))
    gain = -better.loss(known.value)
    if margin is Margin.VALUE:
        return gain > 0
    sure = known.margin(LEVEL)
    return sure is not None and gain - sure > 0
