"""Many samples of one made training run."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from benchmarks.study.scenarios import EXAMPLES, Scenario, Units, simulated_run
from benchmarks.study.simulated_runs import METRICS, direction
from benchmarks.study.trials import Trial, judge, rules


@dataclasses.dataclass(frozen=True)
class SimulationResult:
    """Of one scenario.

    Attributes:
        scenario: Scenario that was simulated.
        unit: Standard deviations of values and differences.
        trials: Trials, one for each sample.
        on_test: How much better, for each trial, the best value's checkpoint is on as many other
            examples than it truly is.
    """

    scenario: Scenario
    unit: Units
    trials: Sequence[Trial]
    on_test: Sequence[float]


def simulate(scenario: Scenario, unit: Units, replications: int, seed: int) -> SimulationResult:
    """Draws samples for eval and test, and runs the library on them."""
    rng = np.random.default_rng(seed)
    made = simulated_run(scenario, unit)
    better = direction(scenario.metric)
    other = "auc" if scenario.metric == "mean loss" else "mean loss"
    evaluate, evaluate_other = METRICS[scenario.metric], METRICS[other]
    by = rules(unit.difference, direction(other))
    truth = made.truth(scenario.metric)
    trials, on_test = [], []
    for _ in range(replications):
        sample = made.draw(rng, EXAMPLES)
        trial = judge(evaluate(sample), evaluate_other(sample), truth, scenario.best, better, by)
        trials.append(trial)
        chosen = trial.chosen["BestValue"]
        again = evaluate(made.only(chosen).draw(rng, EXAMPLES)).value[0]
        on_test.append(float(-better.loss(1.0) * (again - truth[chosen])))
    return SimulationResult(scenario, unit, trials, on_test)
