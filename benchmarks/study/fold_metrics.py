"""Metrics of many models at once, of all examples and without each fold, exactly and fast.

TFMA takes seconds for what a study needs thousands of times. A test holds these to TFMA's values.
Examples of one fold stand next to each other.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from checkpoint_sweep.selection.replicates import Replicates

Array = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Sample:
    """Examples with the outputs of all models, by fold.

    Attributes:
        label: Labels, (examples,) float: 0 or 1, or a number.
        output: Outputs, (models, examples) float or bool: log odds of label 1, a number, or the
            loss itself.
        sizes: Examples in each fold, (folds,) int64; their sum is the number of examples.
    """

    label: npt.NDArray[Any]
    output: npt.NDArray[Any]
    sizes: npt.NDArray[np.int64]

    @property
    def fold(self) -> npt.NDArray[np.uint8]:
        """The fold of each example, (examples,)."""
        return np.repeat(np.arange(self.sizes.size, dtype=np.uint8), self.sizes)


@dataclasses.dataclass(frozen=True)
class EvaluatedMetric:
    """One metric.

    Attributes:
        value: Values of all examples, (models,).
        leave_one_out: Values without each fold, (models, folds); NaN where not defined.
        sizes: Examples in each fold, (folds,).
    """

    value: Array
    leave_one_out: Array
    sizes: npt.NDArray[np.int64]

    def replicates(self, models: Sequence[int] | None = None) -> list[Replicates]:
        """Gives the replicates as the library takes them, of these models or of all."""
        examples = tuple(self.sizes.tolist())
        return [
            Replicates(float(self.value[m]), tuple(self.leave_one_out[m].tolist()), examples)
            for m in (range(self.value.size) if models is None else models)
        ]


Metric = Callable[[Sample], EvaluatedMetric]


def accuracy(sample: Sample) -> EvaluatedMetric:
    """Computes the share of examples whose log odds have the label's sign."""
    return mean(dataclasses.replace(sample, output=(sample.output > 0) == (sample.label > 0)))


def log_loss(sample: Sample) -> EvaluatedMetric:
    """Computes the mean cross entropy of log odds."""
    z = sample.output
    loss = np.maximum(z, 0) - z * sample.label + np.log1p(np.exp(-np.abs(z)))
    return mean(dataclasses.replace(sample, output=loss))


def mean(sample: Sample) -> EvaluatedMetric:
    """Computes the mean of the outputs themselves."""
    sums = _by_fold(sample.output, sample.sizes)
    counts = sample.sizes.astype(np.float64)
    return _of_sums(lambda total, count: total / count, [sums, counts], sample.sizes)


def f1(sample: Sample) -> EvaluatedMetric:
    """Computes the harmonic mean of precision and recall, of log odds above 0."""
    positive = sample.label > 0
    found = sample.output > 0
    sums = [
        _by_fold(found & positive, sample.sizes),
        _by_fold(found, sample.sizes),
        _by_fold(positive[np.newaxis], sample.sizes),
    ]
    return _of_sums(lambda true, said, there: 2 * true / (said + there), sums, sample.sizes)


def auc(sample: Sample) -> EvaluatedMetric:
    """Computes the share of pairs of both labels that are in order; ties count half.

    Without a fold it is that of all pairs, less those with one or both examples in the fold.
    """
    models, examples = sample.output.shape
    positive = sample.label > 0
    fold = sample.fold
    order = np.argsort(sample.output, axis=1)
    ordered = np.take_along_axis(sample.output, order, axis=1)
    new = np.ones((models, examples), bool)
    np.not_equal(ordered[:, 1:], ordered[:, :-1], out=new[:, 1:])
    ranked = positive[order]
    in_fold = fold[order]
    below = _below(~ranked, new)
    above = positive.sum() - _below(ranked, new)
    one = _sum_by(in_fold, np.where(ranked, below, above), sample.sizes.size)
    whole = np.where(ranked, below, 0).sum(axis=1)

    inner = np.argsort(in_fold, axis=1, kind="stable")
    group = np.cumsum(new, axis=1)
    group = np.take_along_axis(group, inner, axis=1)
    new = np.ones((models, examples), bool)
    new[:, 1:] = (group[:, 1:] != group[:, :-1]) | (fold[1:] != fold[:-1])
    ranked = np.take_along_axis(ranked, inner, axis=1)
    below = np.where(ranked, _below(~ranked, new), 0)
    positives = _by_fold(positive[np.newaxis], sample.sizes)[0]
    negatives = sample.sizes - positives
    # Those below in earlier folds are counted too, as the sum runs on.
    earlier = positives * (np.cumsum(negatives) - negatives)
    both = _by_fold(below, sample.sizes) - earlier
    with np.errstate(invalid="ignore"):
        kept = (positives.sum() - positives) * (negatives.sum() - negatives)
        value = whole / (positives.sum() * negatives.sum())
        leave_one_out = (whole[:, np.newaxis] - one + both) / kept
    return EvaluatedMetric(value, leave_one_out, sample.sizes)


def _below(counted: npt.NDArray[np.bool_], new: npt.NDArray[np.bool_]) -> Array:
    """Counts the counted ones that rank below each; ties, which begin where `new`, count half."""
    upto = np.cumsum(counted, axis=1, dtype=np.int32)
    below = upto - counted / 2
    ends = np.ones_like(new)
    ends[:, :-1] = new[:, 1:]
    tied = ~(new & ends)
    first, last = np.flatnonzero(new & tied), np.flatnonzero(ends & tied)
    middle = (upto.flat[first] - counted.flat[first] + upto.flat[last]) / 2
    below[tied] = np.repeat(middle, last - first + 1)
    return below


def _sum_by(fold: npt.NDArray[np.uint8], values: Array, folds: int) -> Array:
    """Sums by fold, where each model has its examples in an order of its own: (models, folds)."""
    models = values.shape[0]
    codes = (fold + folds * np.arange(models)[:, np.newaxis]).ravel()
    return np.bincount(codes, values.ravel(), models * folds).reshape(models, -1).astype(float)


def _by_fold(values: npt.NDArray, sizes: npt.NDArray[np.int64]) -> Array:
    """Sums by fold, where examples stand by fold: (models, folds)."""
    sums = np.zeros((values.shape[0], sizes.size))
    filled = sizes > 0
    starts = (np.cumsum(sizes) - sizes)[filled]
    sums[:, filled] = np.add.reduceat(values, starts, axis=1, dtype=np.float64)
    return sums


def _of_sums(
    value: Callable[..., Array], sums: Sequence[Array], sizes: npt.NDArray[np.int64]
) -> EvaluatedMetric:
    totals = [part.sum(axis=-1, keepdims=True) for part in sums]
    with np.errstate(invalid="ignore", divide="ignore"):
        leave_one_out = value(*(total - part for total, part in zip(totals, sums, strict=True)))
        whole = value(*totals)[..., 0]
    return EvaluatedMetric(whole, leave_one_out, sizes)
