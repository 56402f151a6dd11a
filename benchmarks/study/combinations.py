"""Choices across slices and by formulas: coverage, and how often the truth is in the set.

    python -m benchmarks.study.combinations

Each example has a score by each checkpoint, a unit normal number; the metrics are the mean and the
root mean square of the scores.
"""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from benchmarks.study.equally_good import judge
from benchmarks.study.fold_metrics import Array
from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.selection.across import Across, Combine
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.replicates import Replicates
from checkpoint_sweep.selection.selection import Selection

_FOLDS = 20
_CORRELATION = 0.9
_HIGHER = Direction.HIGHER_IS_BETTER
MEAN, ROOT, COUNT = (MetricName("", "", name) for name in ("mean", "root", "n"))
_BY_SLICE = ("slice",)
STATISTICS: Mapping[str, Selection] = {
    "mean of slices": Selection("mean", direction=_HIGHER, across=Across(_BY_SLICE)),
    "mean by examples": Selection("mean", direction=_HIGHER, across=Across(_BY_SLICE, weights="n")),
    "worst slice": Selection(
        "mean", direction=_HIGHER, across=Across(_BY_SLICE, combine=Combine.WORST)
    ),
    "formula": Selection("0.7 * mean - 0.3 * root", direction=_HIGHER, slice={"slice": 0}),
}


@dataclasses.dataclass(frozen=True)
class Held:
    """How often what is said of a statistic is true, of checkpoints that are equally good.

    Attributes:
        statistic: Key of `STATISTICS`.
        slices: Number of slices, all equally hard, so that chance decides which is the worst.
        value: Share of the intervals of values that hold the truth.
        difference: Share of the intervals of differences that hold it.
        in_set: Share of samples in which a fixed checkpoint, one of the best, is in the set.
        bias: Mean of the value less the truth, in standard errors.
    """

    statistic: str
    slices: int
    value: float
    difference: float
    in_set: float
    bias: float


def simulate(slices: int, samples: int, seed: int = 0, checkpoints: int = 10) -> list[Held]:
    """Draws samples of 300 examples a slice, the first slice three times as many."""
    rng = np.random.default_rng(seed)
    sizes = np.full(slices, 300)
    sizes[0] *= 3
    number = np.repeat(np.arange(slices), sizes)
    truths = {name: _truth(selection, sizes) for name, selection in STATISTICS.items()}
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in STATISTICS}
    for _ in range(samples):
        shared, own = rng.normal(size=number.size), rng.normal(size=(checkpoints, number.size))
        scores = np.sqrt(_CORRELATION) * shared + np.sqrt(1 - _CORRELATION) * own
        fold = rng.integers(0, _FOLDS, number.size)
        parts = [_parts(row, number, fold, slices) for row in scores]
        for name, selection in STATISTICS.items():
            replicates = [selection.statistic.replicates(part) for part in parts]
            known = [r for r in replicates if r is not None]
            found[name].append(_trial(known, truths[name]))
    return [Held(name, slices, *map(float, np.mean(rows, axis=0))) for name, rows in found.items()]


def _truth(selection: Selection, sizes: npt.NDArray[np.int_]) -> float:
    """Computes the true value: the mean of a unit normal is 0, its root mean square 1."""
    values = {
        SliceName.of([("slice", number)]): {MEAN: 0.0, ROOT: 1.0, COUNT: float(size)}
        for number, size in enumerate(sizes)
    }
    value, _ = selection.statistic.value(values, {})
    assert value is not None
    return value


def _parts(
    score: Array, number: npt.NDArray[np.int_], fold: npt.NDArray[np.int64], slices: int
) -> dict[tuple[SliceName, MetricName], Replicates]:
    """Makes the replicates of the metrics on each slice, as the engine would."""
    cell = number * _FOLDS + fold
    sums = [
        np.bincount(cell, weights, slices * _FOLDS).reshape(slices, _FOLDS)
        for weights in (np.ones_like(score), score, score**2)
    ]
    kept = [total.sum(axis=1, keepdims=True) - total for total in sums]
    count, total, square = (
        np.column_stack([part.sum(axis=1), rest]) for part, rest in zip(sums, kept, strict=True)
    )
    rows = {MEAN: total / count, ROOT: np.sqrt(square / count), COUNT: count}
    return {
        (SliceName.of([("slice", n)]), metric): Replicates(
            float(row[n, 0]), tuple(row[n, 1:].tolist()), tuple(sums[0][n].astype(int).tolist())
        )
        for metric, row in rows.items()
        for n in range(slices)
    }


def _trial(replicates: list[Replicates], truth: float) -> tuple[float, ...]:
    """Returns whether value, difference and set hold the truth, and the bias."""
    said = judge(replicates, truth)
    bias = (said.first.value - truth) / said.standard_error
    return said.value, said.difference, said.in_set, bias


def table(samples: int) -> Iterator[str]:
    """Yields the lines of the table in `STUDY.md`."""
    yield "| statistic | slices | value | difference | best in the set | bias |"
    yield "|---|---|---|---|---|---|"
    for slices in (2, 5, 20):
        for row in simulate(slices, samples):
            shares = (f"{100 * share:.1f}" for share in (row.value, row.difference, row.in_set))
            yield f"| {row.statistic} | {slices} | {' | '.join(shares)} | {row.bias:+.2f} |"


if __name__ == "__main__":
    for line in table(200):
        print(line, flush=True)
