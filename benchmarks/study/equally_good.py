"""What the library says of checkpoints that are equally good, against what is true of them."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.study.fold_metrics import Array
from checkpoint_sweep.selection.certainty import with_best_set
from checkpoint_sweep.selection.criteria import LEVEL, Direction
from checkpoint_sweep.selection.intervals import Estimate, estimate
from checkpoint_sweep.selection.policies import CandidateResult
from checkpoint_sweep.selection.replicates import Replicates

FOLDS = 20


@dataclasses.dataclass(frozen=True)
class Said:
    """What is said of one sample.

    Attributes:
        first: Estimate of the value of the first checkpoint.
        standard_error: Its standard error.
        value: Whether its interval holds the truth.
        difference: Whether the interval of its difference to the second holds 0.
        in_set: Whether it is in the set of those tied with the best.
    """

    first: Estimate
    standard_error: float
    value: bool
    difference: bool
    in_set: bool


def judge(replicates: Sequence[Replicates], truth: float) -> Said:
    """Estimates and compares checkpoints whose true value is the same; higher is better.

    Args:
        replicates: Replicates of each checkpoint, of two or more.
        truth: True value of all of them.
    """
    one = estimate(replicates[0])
    both = estimate(replicates[1].minus(replicates[0]))
    assert one.interval is not None
    assert one.standard_error is not None
    assert both.interval is not None
    results = [CandidateResult(str(n), n, r.value, replicates=r) for n, r in enumerate(replicates)]
    marked = with_best_set(results, Direction.HIGHER_IS_BETTER, LEVEL)
    return Said(
        one,
        one.standard_error,
        one.interval[0] <= truth <= one.interval[1],
        both.interval[0] <= 0 <= both.interval[1],
        bool(marked[0].in_best_set),
    )


def of_mean(
    score: Array, fold: npt.NDArray[np.int64], cluster_key: str | None = None
) -> Replicates:
    """Makes the replicates of a mean, as the engine would.

    Args:
        score: Score of each example, (examples,).
        fold: Fold of each example, (examples,), below `FOLDS`.
        cluster_key: Feature that drew the folds; None for none.
    """
    sizes, sums = np.bincount(fold, minlength=FOLDS), np.bincount(fold, score, FOLDS)
    left_out = (sums.sum() - sums) / (sizes.sum() - sizes)
    return Replicates(
        float(score.mean()),
        tuple(left_out.tolist()),
        tuple(sizes.tolist()),
        cluster_key=cluster_key,
    )
