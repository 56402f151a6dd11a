"""The logic of a greedy soup: checkpoints that are better together."""

import dataclasses
from collections.abc import Callable, Sequence

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.decision import is_eligible
from checkpoint_sweep.selection.policies import CandidateResult


@dataclasses.dataclass(frozen=True)
class Soup:
    """The ingredients of a greedy soup.

    Attributes:
        steps: Steps of its checkpoints, ascending; a single one if no average was as good.
        trials: Number of averages that were evaluated.
    """

    steps: Sequence[int]
    trials: int


def ingredients(
    results: Sequence[CandidateResult], direction: Direction, most_trials: int
) -> list[CandidateResult]:
    """Ranks the eligible checkpoints that may go into a soup; of equal ones the earlier is first.

    Args:
        results: Results of the checkpoints.
        direction: Direction of the selection metric.
        most_trials: Number of checkpoints to try beside the best.
    """

    def order(result: CandidateResult) -> tuple[float, int]:
        assert result.value is not None
        return direction.loss(result.value), result.step

    return sorted(filter(is_eligible, results), key=order)[: most_trials + 1]


def greedy_soup(
    candidates: Sequence[CandidateResult],
    direction: Direction,
    evaluate: Callable[[Sequence[int]], CandidateResult],
) -> Soup:
    """Adds checkpoint after checkpoint to an average, if that does not make it worse.

    An average that is not eligible, because it misses a threshold for example, is worse.

    Args:
        candidates: Results of the checkpoints, at least one, in the order of `ingredients`.
        direction: Direction of the selection metric.
        evaluate: Function that evaluates the average of the checkpoints of some steps, which it
            takes in ascending order.
    """
    best, *others = candidates
    steps, value = [best.step], best.value
    for other in others:
        together = sorted([*steps, other.step])
        trial = evaluate(together)
        if not is_eligible(trial):
            continue
        assert trial.value is not None
        assert value is not None
        if direction.loss(trial.value) <= direction.loss(value):
            steps, value = together, trial.value
    return Soup(steps, len(others))
