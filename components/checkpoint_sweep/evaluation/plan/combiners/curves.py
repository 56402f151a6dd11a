"""Confusion matrices of many rows from their histograms, and the areas under their curves."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from tensorflow_model_analysis.metrics import binary_confusion_matrices as tfma_matrices
from tensorflow_model_analysis.metrics import confusion_matrix_metrics

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners.rows import Column, RowSums
from checkpoint_sweep.evaluation.plan.combiners.steps import Rebinning, Steps


class _Group(NamedTuple):
    """Rows whose matrices change at equally many thresholds.

    Attributes:
        rows: Numbers of the rows, (n,) int64.
        cells: True positives, true negatives, false positives and false negatives, each
            (n, steps) float64.
        repeats: Number of thresholds of each step, (n, steps) int64.
    """

    rows: np.ndarray
    cells: tuple[np.ndarray, ...]
    repeats: np.ndarray


class CurvesColumn(Column):
    """Confusion matrices of several rows, at the thresholds at which they change.

    Args:
        rebinning: From buckets to thresholds.
        rows: Histograms: weighted labels, predictions and examples by bucket.
    """

    def __init__(self, rebinning: Rebinning, rows: RowSums) -> None:
        self._thresholds = rebinning.thresholds
        self._groups = list(_groups(rebinning, rows))
        self._place = np.empty((len(rows), 2), np.int64)
        for number, group in enumerate(self._groups):
            self._place[group.rows, 0] = number
            self._place[group.rows, 1] = np.arange(group.rows.size)

    def __len__(self) -> int:
        return len(self._place)

    def value(self, row: int) -> tfma_matrices.Matrices:
        """Makes the matrices of one row."""
        number, place = self._place[row]
        group = self._groups[number]
        repeats = group.repeats[place]
        cells = (Steps(cell[place], repeats) for cell in group.cells)
        return tfma_matrices.Matrices(list(self._thresholds), *cells)

    def areas(
        self, arguments: Mapping[str, Any], positives: bool, negatives: bool
    ) -> Sequence[float]:
        """Computes TFMA's areas under a curve.

        Args:
            arguments: Curve, and method of summation.
            positives: Whether an area without positives is NaN.
            negatives: Whether an area without negatives is NaN.
        """
        result = np.empty(len(self))
        for group in self._groups:
            tp, tn, fp, fn = group.cells
            with np.errstate(all="ignore"):
                areas = _areas(tp, tn, fp, fn, **arguments)
            missing = np.zeros(group.rows.size, bool)
            if positives:
                missing |= (tp + fn).max(axis=1, initial=0.0) == 0
            if negatives:
                missing |= (fp + tn).max(axis=1, initial=0.0) == 0
            result[group.rows] = np.where(missing, np.nan, areas)
        areas_by_row: list[float] = result.tolist()
        return areas_by_row


def _groups(rebinning: Rebinning, rows: RowSums) -> Iterator[_Group]:
    """Puts rows together, so that each adds up as many numbers, in the order, as it does alone."""
    sizes = np.diff(rows.starts)
    for size in np.unique(sizes):
        numbers = np.flatnonzero(sizes == size)
        buckets, values = rows.buckets, rows.values
        if numbers.size < sizes.size:
            entries = (rows.starts[numbers, None] + np.arange(size)).ravel()
            buckets, values = buckets[entries], values.take(entries, axis=0)
        cells, repeats = rebinning.steps(
            buckets.reshape(numbers.size, size), values.reshape(numbers.size, size, values.shape[1])
        )
        there = repeats > 0
        counts = there.sum(axis=1)
        for count in np.unique(counts):
            chosen = np.flatnonzero(counts == count)
            kept = np.flatnonzero(there & (counts == count)[:, None])
            yield _Group(
                numbers[chosen],
                tuple(cells.reshape(4, -1).take(kept, axis=1).reshape(4, chosen.size, count)),
                repeats.ravel()[kept].reshape(chosen.size, count),
            )


def _areas(
    tp: np.ndarray,
    tn: np.ndarray,
    fp: np.ndarray,
    fn: np.ndarray,
    curve: str,
    summation_method: str,
) -> np.ndarray:
    """Computes areas, (rows,), of cells that are (rows, steps).

    Source: ``AUC._metric_value`` of TFMA 0.46 and 0.52, in ``metrics/confusion_matrix_metrics.py``.
    """
    # Others are an error, as in TFMA.
    curve = confusion_matrix_metrics.AUCCurve(curve.upper()).value
    summation_method = confusion_matrix_metrics.AUCSummationMethod(summation_method.lower()).value
    if curve == "PR" and summation_method == "interpolation":
        positives = tp + fp
        steps = tp[:, :-1] - tp[:, 1:]
        before, after = positives[:, :-1], positives[:, 1:]
        slope = steps / np.maximum(before - after, 0)
        intercept = tp[:, 1:] - slope * after
        known = after != 0
        if tfma_internals.ratio_of_nothing() is None:
            known = np.logical_and(before > 0, after > 0)
        ratio = np.divide(before, after, out=np.ones_like(after), where=known)
        parts = slope * (steps + intercept * np.log(ratio)) / np.maximum(tp[:, 1:] + fn[:, 1:], 0)
        return np.asarray(np.nansum(parts, axis=1))
    recall = _ratio(tp, tp + fn)
    x, y = (_ratio(fp, fp + tn), recall) if curve == "ROC" else (recall, _ratio(tp, tp + fp))
    left, right = y[:, :-1], y[:, 1:]
    if summation_method == "interpolation":
        heights = (left + right) / 2.0
    elif summation_method == "minoring":
        heights = np.minimum(left, right)
    else:
        heights = np.maximum(left, right)
    return np.asarray(np.nansum((x[:, :-1] - x[:, 1:]) * heights, axis=1))


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    nothing = tfma_internals.ratio_of_nothing()
    if nothing is None:
        return np.asarray(numerator / denominator)
    return np.divide(
        numerator, denominator, out=np.full_like(numerator, nothing), where=denominator != 0
    )
