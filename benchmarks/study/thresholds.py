"""Many thresholds, and the first checkpoint that meets them: how often a blessing is false.

    python -m benchmarks.study.thresholds

Metrics are means of normal numbers, of 2,000 examples in twenty folds; the library's own functions
say whether bounds meet a threshold. Distances are in standard errors of a value.
"""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
from scipy import special

from benchmarks.study.fold_metrics import Array
from checkpoint_sweep.selection.criteria import LEVEL, Direction
from checkpoint_sweep.selection.earliest_eligible import EarliestEligible
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.policies import BestValue, CandidateResult, choose
from checkpoint_sweep.selection.replicates import Replicates

_FOLDS, _SIZE = 20, 100
_ERROR = (_FOLDS * _SIZE) ** -0.5


@dataclasses.dataclass(frozen=True)
class Blessed:
    """Shares of samples of one checkpoint with several confident thresholds.

    Attributes:
        every: Share in which every bound meets its threshold, each at the level: the blessing.
        by_holm: Share in which Holm's correction rejects all that they are missed.
        some_wrong: Share in which a bound meets a threshold that the truth does not exceed.
    """

    every: float
    by_holm: float
    some_wrong: float


def bless(distances: Array, correlation: float, samples: int, seed: int = 0) -> Blessed:
    """Judges one checkpoint by thresholds that its true values exceed by these distances.

    Source of the correction: Holm, "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6 (1979).

    Args:
        distances: True value less the threshold, (thresholds,); 0 at the edge.
        correlation: Correlation of two metrics of one example.
        samples: Number of samples.
        seed: Seed.
    """
    rng = np.random.default_rng(seed)
    counts = np.zeros(3)
    for _ in range(samples):
        values = _fold_means(rng, distances.size, correlation) + distances[:, np.newaxis] * _ERROR
        known = [estimate(replicates) for replicates in _replicates(values)]
        met = np.array([one.value - (one.margin(LEVEL) or np.inf) > 0 for one in known])
        ratios = np.array([one.value / (one.standard_error or np.inf) for one in known])
        chances = np.sort(special.stdtr(_FOLDS - 1, -ratios))
        holm = chances <= (1 - LEVEL) / np.arange(chances.size, 0, -1)
        counts += met.all(), holm.all(), met[distances <= 0].any()
    return Blessed(*map(float, counts / samples))


@dataclasses.dataclass(frozen=True)
class First:
    """What two policies come to, by one confident threshold, while quality rises.

    Attributes:
        first_false: Share in which the first that passes truly misses the threshold.
        best_false: The same of the best value of those that pass.
        first_step: Mean number of the first that passes, from 1; of samples in which some do.
        found: Share of samples in which some pass.
    """

    first_false: float
    best_false: float
    first_step: float
    found: float


def pass_first(
    qualities: Array, is_confident: bool, samples: int, correlation: float = 0.9, seed: int = 0
) -> First:
    """Lets checkpoints of these qualities, less the threshold, pass it by their values or bounds.

    Args:
        qualities: Quality of each checkpoint less the threshold, (checkpoints,).
        is_confident: Whether bounds are to meet the threshold.
        samples: Number of samples.
        correlation: Correlation of two checkpoints.
        seed: Seed.
    """
    rng = np.random.default_rng(seed)
    false, steps = np.zeros(2), []
    for _ in range(samples):
        values = _fold_means(rng, qualities.size, correlation) + qualities[:, np.newaxis] * _ERROR
        passing = []
        for number, replicates in enumerate(_replicates(values)):
            known = estimate(replicates)
            margin = (known.margin(LEVEL) or np.inf) if is_confident else 0.0
            if known.value - margin > 0:
                passing.append(CandidateResult(str(number), number, known.value))
        if passing:
            better = Direction.HIGHER_IS_BETTER
            first = int(choose(EarliestEligible(), passing, better).name)
            best = int(choose(BestValue(), passing, better).name)
            false += qualities[first] <= 0, qualities[best] <= 0
            steps.append(first + 1)
    first_false, best_false = map(float, false / samples)
    first_step = float(np.mean(steps)) if steps else math.nan
    return First(first_false, best_false, first_step, len(steps) / samples)


def _fold_means(rng: np.random.Generator, metrics: int, correlation: float) -> Array:
    """Draws means of the folds, (metrics, folds)."""
    shared, own = rng.normal(size=(1, _FOLDS)), rng.normal(size=(metrics, _FOLDS))
    noise = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    return np.asarray(noise / np.sqrt(_SIZE))


def _replicates(values: Array) -> Iterator[Replicates]:
    for row in values:
        left_out = (row.sum() - row) / (_FOLDS - 1)
        yield Replicates(float(row.mean()), tuple(left_out.tolist()), (_SIZE,) * _FOLDS)


def tables(samples: int) -> Iterator[str]:
    """Yields the lines of the tables in `STUDY.md`."""
    yield "| thresholds | true values | blessed | by Holm | some single bound wrong |"
    yield "|---|---|---|---|---|"
    for count in (1, 5, 20):
        for words, distances in (
            ("one at its threshold, others far above", [0.0] + [9.0] * (count - 1)),
            ("all at their thresholds", [0.0] * count),
            ("all above by 3 errors", [3.0] * count),
        ):
            found = bless(np.array(distances), 0.5, samples)
            shares = (found.every, found.by_holm, found.some_wrong)
            cells = " | ".join(f"{100 * share:.1f}" for share in shares)
            yield f"| {count} | {words} | {cells} |"
    yield ""
    yield "| quality less threshold | K | thresholds | first: false | best: false | first step |"
    yield "|---|---|---|---|---|---|"
    for count in (5, 20, 50):
        for words, qualities in (
            ("rises from -6 to 6 errors", np.linspace(-6, 6, count)),
            ("0: all at the threshold", np.zeros(count)),
        ):
            for is_confident in (False, True):
                row = pass_first(qualities, is_confident, samples)
                mode = "CONFIDENT" if is_confident else "VALUE"
                false = f"{100 * row.first_false:.1f} | {100 * row.best_false:.1f}"
                yield f"| {words} | {count} | {mode} | {false} | {row.first_step:.1f} |"


if __name__ == "__main__":
    for line in tables(500):
        print(line, flush=True)
