"""The candidates that cannot be told from the best: a simultaneous bound, not pairwise tests."""

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_DRAWS = 1_999
_SEED = 20


def best_set(losses: Array, influences: Array, level: float) -> npt.NDArray[np.bool_]:
    """Finds the candidates that may be the truly best one.

    A candidate is in the set unless some other is better than it by more than their differences
    vary. What they vary by is the distribution of the largest of all its differences to the
    others, divided by their standard errors: a multiple comparison with the best, in which the
    errors of all candidates, which are those of the same examples, are taken together. The
    distribution comes from random signs of the buckets, so that it has the heavy tails that
    standard errors from few buckets bring with them.

    The truly best is in the set with probability ``level``, whatever the number of candidates.

    Sources: Hsu, "Multiple Comparisons: Theory and Methods" (1996), chapter 4, for comparisons
    with the best; Liu, "Bootstrap procedures under some non-i.i.d. models", Annals of Statistics
    16 (1988), and Romano and Wolf, "Exact and approximate stepdown methods for multiple hypothesis
    testing", JASA 100 (2005), for the distribution of the largest.

    Args:
        losses: Loss of each candidate, (candidates,); the lower the better.
        influences: (candidates, folds), contribution of each fold to the error of each loss, so
            that sums of products over folds are covariances.
        level: Probability, such as 0.95.

    Returns:
        (candidates,) bool; the one of the lowest loss is in it.
    """
    candidates, buckets = influences.shape
    signs = np.random.default_rng(_SEED).choice((-1.0, 1.0), size=(_DRAWS, buckets)).T
    sums = influences @ signs
    same_below = 1e-12 * np.sqrt((influences**2).sum(axis=1).max())
    result = np.ones(candidates, bool)
    for number in range(candidates):
        scale = np.sqrt(((influences - influences[number]) ** 2).sum(axis=1))
        same = scale <= same_below
        varying = ~same
        worse_by = losses[number] - losses
        if (worse_by[same] > 0).any():
            result[number] = False
            continue
        if not varying.any():
            continue
        observed = (worse_by[varying] / scale[varying]).max()
        if observed <= 0:
            continue
        drawn = sums[varying] - sums[number]
        drawn /= scale[varying, np.newaxis]
        result[number] = observed <= _studentized_quantile(drawn.max(axis=0), buckets, level)
    return result


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
    quantile = float(np.quantile(largest, level, method="higher"))
    left = max(1 - quantile**2 / buckets, 1e-12)
    return quantile * math.sqrt((1 - 1 / buckets) / left)
