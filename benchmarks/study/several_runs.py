"""One choice among the checkpoints of several runs: coverage, and the spread between runs.

    python -m benchmarks.study.several_runs

Each example has a score by each checkpoint, a unit normal number; the metric is the mean of the
scores. Checkpoints of one run have more in common than those of two. Each run has a true value of
its own, the same at all of its checkpoints: those of the runs are drawn anew in each sample.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.study.equally_good import FOLDS, judge, of_mean
from benchmarks.study.fold_metrics import Array
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.run_spread import run_spread
from checkpoint_sweep.selection.verdict import Verdict

_EXAMPLES = 2000
_OF_EXAMPLE = 0.6  # Share of the variance of a score that all checkpoints have in common.
_OF_RUN = 0.3  # Share that those of one run have in common beside it.


@dataclasses.dataclass(frozen=True)
class Held:
    """How often what is said is true, of runs that differ by chance.

    Attributes:
        runs: Number of runs.
        steps: Number of checkpoints of each.
        value: Share of the intervals of values that hold the truth, where all runs are equal.
        difference: Share of those of differences between two runs that do.
        in_set: Share of samples in which a fixed checkpoint, one of the best, is in the set.
        deviation: True standard deviation between runs, in standard errors of a value.
        spread: Root mean square of the standard deviation of the best values, in the same.
        spread_at_step: Root mean square of the standard deviation at the step of the chosen.
    """

    runs: int
    steps: int
    value: float
    difference: float
    in_set: float
    deviation: float
    spread: float
    spread_at_step: float


def simulate(
    runs: int, steps: int, deviations: Sequence[float], samples: int, seed: int = 0
) -> list[Held]:
    """Draws samples: of equal runs for what is held, and of runs that differ for the spread.

    Args:
        runs: Number of runs, two or more.
        steps: Number of checkpoints of each run.
        deviations: True standard deviations between runs, in standard errors of a value.
        samples: Number of samples.
        seed: Seed of the random numbers.

    Returns:
        What was found by each true deviation.
    """
    rng = np.random.default_rng(seed)
    held = np.zeros(3)
    squares = np.zeros((len(deviations), 2))
    for _ in range(samples):
        scores = _scores(rng, runs, steps)
        fold = rng.integers(0, FOLDS, _EXAMPLES)
        # The first of each run before the others: the difference is one between two runs.
        by_step = scores.transpose(1, 0, 2).reshape(runs * steps, _EXAMPLES)
        said = judge([of_mean(row, fold) for row in by_step], truth=0.0)
        held += said.value, said.difference, said.in_set
        in_errors = scores.mean(axis=2) * np.sqrt(_EXAMPLES)
        of_runs = rng.normal(size=(runs, 1))
        squares += [_squared_spread(in_errors + d * of_runs) for d in deviations]
    value, difference, in_set = map(float, held / samples)
    return [
        Held(runs, steps, value, difference, in_set, deviation, float(best), float(at_step))
        for deviation, (best, at_step) in zip(deviations, np.sqrt(squares / samples), strict=True)
    ]


def _scores(rng: np.random.Generator, runs: int, steps: int) -> Array:
    """Draws the scores, (runs, steps, examples)."""
    of_example = rng.normal(size=_EXAMPLES)
    of_run = rng.normal(size=(runs, 1, _EXAMPLES))
    own = rng.normal(size=(runs, steps, _EXAMPLES))
    parts = np.sqrt(_OF_EXAMPLE) * of_example + np.sqrt(_OF_RUN) * of_run
    return np.asarray(parts + np.sqrt(1 - _OF_EXAMPLE - _OF_RUN) * own)


def _squared_spread(values: Array) -> tuple[float, float]:
    """Returns the squares of the two standard deviations of values, (runs, steps)."""
    verdicts = [
        Verdict(f"{run}-{step}", step, True, float(value), "", run=str(run))
        for run, row in enumerate(values)
        for step, value in enumerate(row)
    ]
    best = max(verdicts, key=lambda verdict: verdict.value or 0.0)
    found = run_spread(verdicts, best.name, Direction.HIGHER_IS_BETTER)
    assert found is not None
    assert found.standard_deviation is not None
    assert found.standard_deviation_at_step is not None
    return found.standard_deviation**2, found.standard_deviation_at_step**2


def table(samples: int) -> Iterator[str]:
    """Yields the lines of the table in `STUDY.md`."""
    yield (
        "| runs | checkpoints of each | value | difference of two runs | best in the set "
        "| true deviation of runs | shown, of the best | shown, at the step |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for runs in (3, 10):
        for steps in (1, 10):
            for row in simulate(runs, steps, (0.0, 1.0, 3.0), samples):
                shares = (f"{100 * share:.1f}" for share in (row.value, row.difference, row.in_set))
                yield (
                    f"| {runs} | {steps} | {' | '.join(shares)} | {row.deviation:.1f} "
                    f"| {row.spread:.2f} | {row.spread_at_step:.2f} |"
                )


if __name__ == "__main__":
    for line in table(200):
        print(line, flush=True)
