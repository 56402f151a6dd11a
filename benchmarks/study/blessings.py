"""False blessings: how often something is blessed where nothing beats the deployed model."""

import dataclasses

import numpy as np

from benchmarks.study.fold_metrics import EvaluatedMetric
from benchmarks.study.scenarios import EXAMPLES, PREVALENCE, SEPARATION
from benchmarks.study.simulated_runs import METRICS, SimulatedRun, direction
from checkpoint_sweep.selection.criteria import LEVEL, Direction, ThresholdMode
from checkpoint_sweep.selection.intervals import estimate


@dataclasses.dataclass(frozen=True)
class Blessings:
    """Shares of runs in which no candidate is truly better than the baseline.

    Attributes:
        metric: Metric of the change threshold, which asks for more than no change.
        checkpoints: Number of candidates.
        sweep_value: Share that the sweep blesses with `ThresholdMode.VALUE`.
        both_value: Share that the Evaluator blesses on test too.
        sweep_confident: Share that the sweep blesses with `ThresholdMode.CONFIDENT`.
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
    blessed = {mode: np.zeros(2) for mode in ThresholdMode}
    for _ in range(replications):
        on_eval = METRICS[metric](simulated_run.draw(rng, EXAMPLES))
        on_test = METRICS[metric](simulated_run.draw(rng, EXAMPLES))
        for mode in ThresholdMode:
            chosen = _sweep(on_eval, direction(metric), mode)
            if chosen is not None:
                blessed[mode][0] += 1
                blessed[mode][1] += _meets(on_test, chosen, direction(metric), mode)
    value, confident = (blessed[mode] / replications for mode in ThresholdMode)
    return Blessings(metric, checkpoints, *map(float, (*value, *confident)))


def _sweep(evaluated: EvaluatedMetric, better: Direction, mode: ThresholdMode) -> int | None:
    """Chooses the best value that meets the threshold; the first model is the baseline."""
    order = 1 + np.argsort(better.loss(1.0) * evaluated.value[1:])
    return next((int(m) for m in order if _meets(evaluated, int(m), better, mode)), None)


def _meets(evaluated: EvaluatedMetric, model: int, better: Direction, mode: ThresholdMode) -> bool:
    gain = -better.loss(float(evaluated.value[model] - evaluated.value[0]))
    if mode is ThresholdMode.VALUE or not gain > 0:
        return gain > 0
    candidate, baseline = evaluated.replicates([model, 0])
    sure = estimate(candidate.minus(baseline)).margin(LEVEL)
    return sure is not None and gain - sure > 0
