"""The candidates that are tied with the best: a simultaneous test, not pairwise ones."""

import dataclasses
import functools
import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_DRAWS = 1_999
_SEED = 20
_ROUNDING = 1e-12  # Relative to the largest standard error: what varies less does not vary.


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One candidate compared with all of the family.

    Attributes:
        critical: Critical value: a difference of more standard errors is significant.
        standard_errors: Standard error of each difference, (candidates,); 0 where the two do not
            differ in any part of the examples.
        beaten_by: Position of the one that beats it: the best, if it does, otherwise the one that
            does so most clearly. None for a candidate that is tied with the best.
    """

    critical: float
    standard_errors: Array
    beaten_by: int | None


class Family:
    """Candidates that are compared with the best of them, all at once.

    A candidate is tied with the best unless some other is better than it by more than their
    differences vary. What they vary by is the distribution of the largest of all its differences
    to the others, divided by their standard errors: a multiple comparison with the best, in which
    the errors of all candidates, which are those of the same examples, are taken together. The
    distribution comes from random signs of the buckets, so that it has the heavy tails that
    standard errors from few buckets bring with them.

    The truly best is tied with the best with probability ``level``, whatever the number of
    candidates.

    Sources: Hsu, "Multiple Comparisons: Theory and Methods" (1996), chapter 4, for comparisons
    with the best; Liu, "Bootstrap procedures under some non-i.i.d. models", Annals of Statistics
    16 (1988), and Romano and Wolf, "Exact and approximate stepdown methods for multiple hypothesis
    testing", JASA 100 (2005), for the distribution of the largest.

    Args:
        losses: Loss of each candidate, (candidates,); the lower the better.
        influences: (candidates, folds), contribution of each fold to the error of each loss, so
            that sums of products over folds are covariances.
        level: Probability, such as 0.95.
    """

    def __init__(self, losses: Array, influences: Array, level: float) -> None:
        self._losses = losses
        self._influences = influences
        self._level = level
        self._sums = influences @ _signs(influences.shape[1])
        self._same_below = _ROUNDING * np.sqrt((influences**2).sum(axis=1).max())

    def compare_member(self, position: int) -> Comparison:
        """Compares a candidate of the family with all of it.

        Args:
            position: Position of the candidate in the family.
        """
        return self._compare(
            self._losses[position], self._influences[position], self._sums[position]
        )

    def compare(self, loss: float, influences: Array) -> Comparison:
        """Compares a candidate, of the family or not, with all of the family.

        Args:
            loss: Loss of the candidate.
            influences: Contribution of each fold to the error of the loss, (folds,).
        """
        return self._compare(loss, influences, influences @ _signs(influences.size))

    def _compare(self, loss: float, influences: Array, sums: Array) -> Comparison:
        errors = np.sqrt(((self._influences - influences) ** 2).sum(axis=1))
        errors[errors <= self._same_below] = 0
        varying = errors > 0
        # 0 for those that do not differ: no critical value is below it.
        per_error = np.divide(1.0, errors, out=np.zeros_like(errors), where=varying)
        drawn = self._sums - sums
        drawn *= per_error[:, np.newaxis]
        critical = _studentized_quantile(drawn.max(axis=0), influences.size, self._level)
        critical = max(0.0, critical)
        worse_by = loss - self._losses
        beating = np.flatnonzero(worse_by > critical * errors)
        return Comparison(critical, errors, self._clearest(beating, worse_by, errors))

    def _clearest(
        self, beating: npt.NDArray[np.int_], worse_by: Array, errors: Array
    ) -> int | None:
        if not beating.size:
            return None
        best = int(self._losses.argmin())
        if best in beating:
            return best
        with np.errstate(divide="ignore"):
            return int(beating[(worse_by[beating] / errors[beating]).argmax()])


def best_set(losses: Array, influences: Array, level: float) -> npt.NDArray[np.bool_]:
    """Finds the candidates that are tied with the best, see `Family`.

    Args:
        losses: Loss of each candidate, (candidates,); the lower the better.
        influences: Contribution of each fold to the error of each loss, (candidates, folds).
        level: Probability, such as 0.95.

    Returns:
        (candidates,) bool; the one of the lowest loss is in it.
    """
    family = Family(losses, influences, level)
    members = range(losses.size)
    return np.array([family.compare_member(at).beaten_by is None for at in members])


@functools.cache
def _signs(buckets: int) -> Array:
    """Returns random signs, (buckets, draws)."""
    rng = np.random.default_rng(_SEED)
    return rng.choice((-1.0, 1.0), size=(_DRAWS, buckets)).T


def _studentized_quantile(largest: Array, buckets: int, level: float) -> float:
    """Returns the quantile of the largest, divided by the standard errors that the draws give.

    The squares of signed influences are those of the influences, so that a draw's own standard
    error follows from its sum: dividing by it keeps the order of draws and of candidates.

    Args:
        largest: Largest of the sums with random signs, each divided by the root of the sum of
            squares, (draws,).
        buckets: Number of buckets.
        level: Probability, such as 0.95.
    """
    at = math.ceil(level * (largest.size - 1))  # np.quantile's "higher", without its checks.
    quantile = float(np.partition(largest, at)[at])
    left = max(1 - quantile**2 / buckets, 1e-12)
    return quantile * math.sqrt((1 - 1 / buckets) / left)
