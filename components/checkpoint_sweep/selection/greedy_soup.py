"""Which checkpoints are better together: the logic of a greedy soup."""

import dataclasses
from collections.abc import Callable, Sequence

from checkpoint_sweep.selection.decision import is_eligible
from checkpoint_sweep.selection.direction import Direction
from checkpoint_sweep.selection.policies import CandidateResult


@dataclasses.dataclass(frozen=True)
class Soup:
    """What a greedy soup is made of.

    Attributes:
        steps: of the checkpoints in it, ascending; a single one if no average was as good.
        trials: number of averages that were evaluated.
    """

    steps: Sequence[int]
    trials: int


def ingredients(
    results: Sequence[CandidateResult], direction: Direction, most_trials: int
) -> list[CandidateResult]:
    """The eligible checkpoints that may go into a soup, the best first; of equal ones the earlier.

    Args:
        results: of the checkpoints.
        direction: of the selection metric.
        most_trials: how many to try beside the best.
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
        candidates: at least one, in the order in which to try them: see `ingredients`.
        direction: of the selection metric.
        evaluate: the result of the average of checkpoints, whose steps it takes in ascending
            order.
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
