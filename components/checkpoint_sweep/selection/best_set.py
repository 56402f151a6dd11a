"""The candidates that cannot be told from the best: a simultaneous bound, not pairwise tests."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_DRAWS = 1_999
_SEED = 20


def best_set(losses: Array, influences: Array, level: float) -> npt.NDArray[np.bool_]:
    """Which candidates may be the truly best one.

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
        losses: (candidates,), the lower the better.
        influences: (candidates, buckets), what each bucket adds to the error of each loss, so
            that sums of products over buckets are covariances.
        level: probability, such as 0.95.

    Returns:
        (candidates,) bool; the one of the lowest loss is in it.
    """
    candidates, buckets = influences.shape
    signs = np.random.default_rng(_SEED).choice((-1.0, 1.0), size=(_DRAWS, buckets))
    result = np.ones(candidates, bool)
    for number in range(candidates):
        difference = influences - influences[number]
        scale = np.sqrt((difference**2).sum(axis=1))
        others = np.arange(candidates) != number
        same = others & (scale <= 1e-12 * np.sqrt((influences**2).sum(axis=1).max()))
        worse_by = losses[number] - losses
        if (worse_by[same] > 0).any():
            result[number] = False
            continue
        varying = others & ~same
        if not varying.any():
            continue
        observed = (worse_by[varying] / scale[varying]).max()
        if observed <= 0:
            continue
        result[number] = observed <= _largest(signs, difference[varying], level)
    return result


def _largest(signs: Array, difference: Array, level: float) -> float:
    """The quantile of the largest studentized sum of differences with random signs."""
    buckets = difference.shape[1]
    sums = signs @ difference.T
    spread = (difference**2).sum(axis=1) - sums**2 / buckets
    spread = np.maximum(spread, 1e-12 * (difference**2).sum(axis=1))
    studentized = np.sqrt((buckets - 1) / buckets) * sums / np.sqrt(spread)
    return float(np.quantile(studentized.max(axis=1), level, method="higher"))
