"""What many trials come to, with the errors that their number leaves."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.study.scenarios import Units
from benchmarks.study.trials import Covered, Trial


@dataclasses.dataclass(frozen=True)
class Summary:
    """Means over trials.

    Attributes:
        trials: Number of trials.
        values: Coverage of intervals of values.
        differences: Coverage of intervals of differences.
        best_in_set: How often the truly best is in the set.
        set_size: Mean size of the set.
        best_in_pairwise: How often the truly best is in the set of pairwise tests.
        pairwise_size: Mean size of that set.
        regret: Regret of each rule, in standard errors of a difference.
        optimism: Optimism of the best value on eval, in standard errors of a value.
        on_test: Optimism on test; NaN where there is none.
    """

    trials: int
    values: Covered
    differences: Covered
    best_in_set: float
    set_size: float
    best_in_pairwise: float
    pairwise_size: float
    regret: Mapping[str, float]
    optimism: float
    on_test: float


def summarize(trials: Sequence[Trial], unit: Units, on_test: Sequence[float] = ()) -> Summary:
    """Averages trials."""
    return Summary(
        trials=len(trials),
        values=sum((trial.values for trial in trials), Covered()),
        differences=sum((trial.differences for trial in trials), Covered()),
        best_in_set=float(np.mean([trial.best_in_set for trial in trials])),
        set_size=float(np.mean([trial.set_size for trial in trials])),
        best_in_pairwise=float(np.mean([trial.best_in_pairwise for trial in trials])),
        pairwise_size=float(np.mean([trial.pairwise_size for trial in trials])),
        regret={
            name: float(np.mean([trial.regret[name] for trial in trials])) / unit.difference
            for name in trials[0].regret
        },
        optimism=float(np.mean([trial.optimism for trial in trials])) / unit.value,
        on_test=float(np.mean(on_test)) / unit.value if on_test else math.nan,
    )


def error(share: float, number: int) -> float:
    """Computes the standard error of a share of so many independent trials."""
    return math.sqrt(share * (1 - share) / number)
