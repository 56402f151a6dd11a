"""Calibration of standard errors: beside the true standard deviation, over many data sets.

Folds are drawn at random, as those of examples in their places are, and metrics computed from sums
by fold as the engine has them, AUC at TFMA's 10,000 thresholds; the standard error is the library's
own (`Replicates.influences`). No sweep is run: a test holds the engine's replicates to stock TFMA's
metrics without the fold.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from checkpoint_sweep.evaluation.jackknife.folds import FOLDS
from checkpoint_sweep.metrics import RankAUC
from checkpoint_sweep.selection.replicates import Replicates

Array = npt.NDArray[np.float64]

EXAMPLES = (150, 1_000, 10_000, 100_000)
_THRESHOLDS = 10_000
(_COMPUTATION,) = RankAUC().computations()
_FORMULA = _COMPUTATION.combiner.formula  # Of areas, here with buckets of any kind.
_DISTINCT = 100  # Distinct rows where rows are duplicated.


@dataclasses.dataclass(frozen=True)
class Population:
    """The population that data sets are drawn from: labels by the logit of x, predictions by x.

    Attributes:
        name: Name in the table.
        bias: Logit of the label 1 where x is 0.
        scale: Factor of x in the logit of a prediction; 1 makes wide ones.
        weighted: Whether examples have weights, which are exponential.
        duplicated: Whether all rows are among a hundred distinct ones.
    """

    name: str
    bias: float = 0.0
    scale: float = 1.0
    weighted: bool = False
    duplicated: bool = False

    @property
    def threshold(self) -> float:
        """The threshold of accuracy and F1: half of the predictions are above it."""
        return float(1 / (1 + math.exp(-self.bias)))

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Array, Array, Array]:
        """Draws labels, predictions and weights, each (size,)."""
        if self.duplicated:
            pool = np.array(self._rows(np.random.default_rng(0), _DISTINCT))
            x, y, w = pool[:, rng.integers(0, _DISTINCT, size)]
        else:
            x, y, w = self._rows(rng, size)
        return y, _sigmoid(self.scale * x + self.bias), w

    def _rows(self, rng: np.random.Generator, size: int) -> tuple[Array, Array, Array]:
        x = rng.normal(size=size)
        y = (rng.random(size) < _sigmoid(x + self.bias)).astype(np.float64)
        return x, y, rng.exponential(size=size) if self.weighted else np.ones(size)


POPULATIONS = (
    Population("wide"),
    Population("narrow, within 0.0015", scale=0.0015),
    Population("rare, 2 in 100", bias=-4.4),
    Population("weights", weighted=True),
    Population("100 distinct rows", duplicated=True),
)


@dataclasses.dataclass(frozen=True)
class Calibration:
    """How standard errors of one metric compare with the truth.

    Attributes:
        population: Name of the population.
        metric: Name of the metric.
        examples: Examples of each data set.
        ratio: Mean standard error divided by the standard deviation of the values; NaN where the
            values do not vary.
    """

    population: str
    metric: str
    examples: int
    ratio: float


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def simulate(population: Population, examples: int, sets: int, seed: int) -> Iterator[Calibration]:
    """Draws data sets, and yields the calibration of each metric."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(sets):
        data = population.draw(rng, examples)
        fold = rng.integers(0, FOLDS, examples)
        for metric, replicates in _replicates(*data, fold, population.threshold):
            influences = replicates.influences()
            if influences is not None:
                error = math.sqrt(float(influences @ influences))
                found.setdefault(metric, []).append((replicates.value, error))
    for metric, pairs in found.items():
        values, errors = np.array(pairs).T
        deviation = float(values.std(ddof=1))
        ratio = float(errors.mean()) / deviation if deviation > 1e-12 else math.nan
        yield Calibration(population.name, metric, examples, ratio)


def _replicates(
    y: Array, p: Array, w: Array, fold: npt.NDArray[np.int64], threshold: float
) -> Iterator[tuple[str, Replicates]]:
    sizes = tuple(np.bincount(fold, minlength=FOLDS).tolist())
    above = (p > threshold).astype(np.float64)
    right = (above == y).astype(np.float64)
    loss = -(y * np.log(p) + (1 - y) * np.log1p(-p))
    terms: dict[str, tuple[list[Array], Callable[[Array], float]]] = {
        "accuracy": ([w * right, w], _mean),
        "MAE": ([w * np.abs(y - p), w], _mean),
        "F1": ([w * y * above, w * y * (1 - above), w * (1 - y) * above], _f1),
        "cross entropy": ([w * loss, w], _mean),
    }
    for name, (columns, metric) in terms.items():
        sums = np.array([np.bincount(fold, c, FOLDS) for c in columns])
        yield name, _leave_out(sums, metric, sizes)
    buckets = (p * _THRESHOLDS).astype(np.int64)
    yield "AUC", _leave_out(_histogram(y, w, fold, buckets), _area, sizes)
    _, ranks = np.unique(p, return_inverse=True)
    if p.size <= _THRESHOLDS:
        yield "RankAUC", _leave_out(_histogram(y, w, fold, ranks), _area, sizes)


def _histogram(
    y: Array, w: Array, fold: npt.NDArray[np.int64], buckets: npt.NDArray[np.int64]
) -> Array:
    """Sums the weights of both classes, (2, buckets, folds), over the buckets that occur."""
    known, bucket = np.unique(buckets, return_inverse=True)
    code, size = bucket * FOLDS + fold, known.size * FOLDS
    both = [np.bincount(code, w * part, size) for part in (y, 1 - y)]
    return np.asarray(both, np.float64).reshape(2, known.size, FOLDS)


def _leave_out(sums: Array, metric: Callable[[Array], float], sizes: tuple[int, ...]) -> Replicates:
    whole = sums.sum(axis=-1)
    left_out = tuple(metric(whole - sums[..., fold]) for fold in range(FOLDS))
    return Replicates(metric(whole), left_out, sizes)


def _mean(sums: Array) -> float:
    return float(sums[0] / sums[1])


def _f1(sums: Array) -> float:
    found, missed, false = sums
    whole = 2 * found + missed + false
    return float(2 * found / whole) if whole else math.nan


def _area(sums: Array) -> float:
    """Computes the area by the library's own metric, with a bucket for a prediction."""
    positive, negative = sums
    return float(_FORMULA.area(positive, negative))


def table(rows: list[Calibration]) -> str:
    """Renders a table: a line for each population and metric, a column for each size."""
    lines = [
        f"| predictions | metric | {' | '.join(f'{n:,}' for n in EXAMPLES)} |",
        "|---|---|" + "---|" * len(EXAMPLES),
    ]
    for population, metric in dict.fromkeys((row.population, row.metric) for row in rows):
        of_size = {
            r.examples: r.ratio for r in rows if (r.population, r.metric) == (population, metric)
        }
        cells = [f"{of_size[n]:.2f}" if n in of_size else "" for n in EXAMPLES]
        lines.append(f"| {population} | {metric} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table([c for p in POPULATIONS for n in EXAMPLES for c in simulate(p, n, 200, 1)]))
