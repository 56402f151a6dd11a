"""One sample of examples, judged by the library, against what is true."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.study.fold_metrics import Array, EvaluatedMetric
from checkpoint_sweep.selection import certainty, policies
from checkpoint_sweep.selection.criteria import LEVEL, Direction
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.policies import BestValue, CandidateResult, EarliestWithin
from checkpoint_sweep.selection.replicates import Replicates
from checkpoint_sweep.selection.set_policies import EarliestOfSet, LatestOfSet, SecondaryMetric

OTHER = "other"


@dataclasses.dataclass(frozen=True)
class Covered:
    """How often intervals held the truth, over all that were made.

    Attributes:
        held: Number of intervals that hold the truth.
        made: Number of intervals.
        cautioned: Number of intervals with a caution.
        held_cautioned: Number of intervals with a caution that hold the truth.
        none: Number of values without an interval.
    """

    held: int = 0
    made: int = 0
    cautioned: int = 0
    held_cautioned: int = 0
    none: int = 0

    def __add__(self, other: "Covered") -> "Covered":
        mine, others = dataclasses.astuple(self), dataclasses.astuple(other)
        return Covered(*(a + b for a, b in zip(mine, others, strict=True)))


@dataclasses.dataclass(frozen=True)
class Trial:
    """What one sample led to.

    Attributes:
        values: Coverage of intervals of single values.
        differences: Coverage of intervals of differences of fixed pairs.
        best_in_set: Whether the truly best is in the set.
        set_size: Number of candidates in the set.
        best_in_pairwise: Whether the truly best is in the set that tests of pairs would give.
        pairwise_size: Number of candidates in that set.
        chosen: Chosen candidate by the name of the rule.
        regret: How much worse the chosen truly is than the best, by the name of the rule.
        optimism: How much better the best value looks than it truly is.
    """

    values: Covered
    differences: Covered
    best_in_set: bool
    set_size: int
    best_in_pairwise: bool
    pairwise_size: int
    chosen: Mapping[str, int]
    regret: Mapping[str, float]
    optimism: float


def rules(margin: float, secondary: Direction) -> Mapping[str, policies.SelectionPolicy]:
    """Lists the rules of the library.

    Args:
        margin: Margin of `EarliestWithin`, in units of the metric.
        secondary: Direction of the other metric of `SecondaryMetric`.
    """
    return {
        "BestValue": BestValue(),
        "EarliestWithin": EarliestWithin(margin),
        "EarliestOfSet": EarliestOfSet(),
        "LatestOfSet": LatestOfSet(),
        "SecondaryMetric": SecondaryMetric(OTHER, secondary),
    }


def judge(
    evaluated: EvaluatedMetric,
    other: EvaluatedMetric,
    truth: Array,
    best: int,
    direction: Direction,
    by: Mapping[str, policies.SelectionPolicy],
) -> Trial:
    """Runs the library on one sample.

    Args:
        evaluated: Metric of all candidates.
        other: Metric of `SecondaryMetric`.
        truth: True values of the metric, (candidates,).
        best: Index of a truly best candidate.
        direction: Direction of the metric.
        by: Rules by name, one of them ``"BestValue"``.
    """
    replicates = evaluated.replicates()
    eligible = certainty.with_best_set(
        [
            CandidateResult(
                str(number),
                number,
                known.value,
                replicates=known,
                metrics={OTHER: float(other.value[number])},
            )
            for number, known in enumerate(replicates)
        ],
        direction,
        LEVEL,
    )
    members = [bool(result.in_best_set) for result in eligible]
    pairwise = _pairwise(replicates, direction)
    chosen = {
        name: int(policies.choose(rule, eligible, direction).name) for name, rule in by.items()
    }
    loss = direction.loss(1.0) * truth
    top = chosen["BestValue"]
    fixed = sorted({0, truth.size // 2, truth.size - 1})
    return Trial(
        values=covered([(replicates[m], truth[m]) for m in fixed]),
        differences=covered(
            [
                (replicates[a].minus(replicates[b]), truth[a] - truth[b])
                for a, b in zip(fixed[1:], fixed[:-1], strict=True)
            ]
        ),
        best_in_set=members[best],
        set_size=sum(members),
        best_in_pairwise=bool(pairwise[best]),
        pairwise_size=int(pairwise.sum()),
        chosen=chosen,
        regret={name: float(loss[number] - loss[best]) for name, number in chosen.items()},
        optimism=float(-direction.loss(1.0) * (evaluated.value[top] - truth[top])),
    )


def covered(made: Sequence[tuple[Replicates, float]]) -> Covered:
    """Counts the library's intervals that hold the truth, each given with its replicates."""
    total = Covered()
    for replicates, true in made:
        found = estimate(replicates)
        if found.interval is None:
            total += Covered(none=1)
            continue
        held = int(found.interval[0] <= true <= found.interval[1])
        doubtful = int(found.caution is not None)
        total += Covered(held, 1, doubtful, held * doubtful)
    return total


def _pairwise(replicates: Sequence[Replicates], direction: Direction) -> npt.NDArray[np.bool_]:
    """Selects those whose one-sided test against the best value alone is not significant."""
    losses = np.array([direction.loss(known.value) for known in replicates])
    top = replicates[int(losses.argmin())]
    result = np.ones(losses.size, bool)
    for number in np.flatnonzero(losses > losses.min()):
        margin = estimate(replicates[number].minus(top)).margin(LEVEL)
        result[number] = margin is None or losses[number] - losses.min() <= margin
    return result
