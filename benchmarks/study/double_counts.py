"""Jackknife errors of metrics of which stock TFMA counts one accumulator twice when it merges two.

With the option `JACKKNIFE` it merges the accumulators of twenty folds one after the other, for the
value and for each value without a fold. The engine adds up the folds. Absolute errors of
probabilities stand for metrics.
"""

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_FOLDS = 20  # TFMA's default.


@dataclasses.dataclass(frozen=True)
class DoubleCounts:
    """Deviations and mean standard errors, divided by the standard deviation of the true metric.

    Attributes:
        stock_values: Standard deviation of stock TFMA's values.
        stock_errors: Mean of stock TFMA's standard errors.
        engine_errors: Mean of the engine's.
        widths: Median of the engine's standard error divided by stock TFMA's of the same data set.
        widths_otherwise: The same of a metric that nothing counts twice, with folds drawn by both:
            its 5th, 50th and 95th percentile.
    """

    stock_values: float
    stock_errors: float
    engine_errors: float
    widths: float
    widths_otherwise: tuple[float, float, float]


def merge_as_stock_tfma(sums: Iterable[Array]) -> Array:
    """Merges accumulators as `jackknife._AccumulatorCombineFn` of TFMA 0.46 does."""
    total = np.zeros(2)
    for part in sums:
        total = 2 * total + part
    return total


def simulate(sets: int = 1_000, examples: int = 400, seed: int = 0) -> DoubleCounts:
    """Draws data sets, and estimates the mean absolute error in both ways."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(sets):
        p = 1 / (1 + np.exp(-rng.normal(size=examples)))
        error = np.abs((rng.random(examples) < p) - p)
        by_stock, by_engine = (_folds(error, rng) for _ in range(2))
        found.append(
            (
                *_estimate(by_stock, merge_as_stock_tfma),
                *_estimate(by_engine, _add),
                _estimate(by_stock, _add)[1],
            )
        )
    stock, stock_errors, values, errors, once = np.array(found).T
    deviation = float(values.std(ddof=1))
    low, middle, high = np.percentile(errors / once, (5, 50, 95)).tolist()
    return DoubleCounts(
        float(stock.std(ddof=1)) / deviation,
        float(stock_errors.mean()) / deviation,
        float(errors.mean()) / deviation,
        float(np.median(errors / stock_errors)),
        (low, middle, high),
    )


def _folds(error: Array, rng: np.random.Generator) -> Array:
    """Sums errors and examples by fold, (folds, 2)."""
    fold = rng.integers(0, _FOLDS, error.size)
    return np.stack([np.bincount(fold, w, _FOLDS) for w in (error, np.ones(error.size))], axis=1)


def _add(sums: Iterable[Array]) -> Array:
    return np.asarray(sum(sums, np.zeros(2)))


def _estimate(folds: Array, merge: Callable[[Iterable[Array]], Array]) -> tuple[float, float]:
    """Computes the value and its standard error, as `_JackknifeSampleCombineFn` of TFMA 0.46."""
    kept = [folds, *(np.delete(folds, number, axis=0) for number in range(_FOLDS))]
    value, *left_out = (total / count for total, count in map(merge, kept))
    pseudo_values = value * _FOLDS - np.array(left_out) * (_FOLDS - 1)
    return float(value), float(pseudo_values.std(ddof=1)) / _FOLDS**0.5


if __name__ == "__main__":
    print(simulate())
