"""The policy for whoever needs a model that is good enough, and no better one."""

import dataclasses
from collections.abc import Sequence

from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.policies import (
    CandidateResult,
    Choice,
    SelectionError,
    SelectionPolicy,
)

_NAME = Words("EarliestEligible", "--choose=earliest-passing")
_INSTEAD = Words("BestValue()", "--choose=best")


@dataclasses.dataclass(frozen=True)
class EarliestEligible:
    """Chooses the first checkpoint that meets every threshold, however good later ones are.

    `watch`, and a training that sweeps itself, end with it. Thresholds are met as the selection
    says, by values or by their bounds.

    >>> from checkpoint_sweep import CandidateResult, Direction, EarliestEligible
    >>> eligible = [CandidateResult("a", 200, 0.7), CandidateResult("b", 400, 0.92)]
    >>> EarliestEligible().choose(eligible, Direction.HIGHER_IS_BETTER).name
    'a'
    """

    def choose(self, eligible: Sequence[CandidateResult], direction: Direction) -> Choice:
        """Chooses the earliest; of one step the checkpoint, not its average."""
        chosen = min(eligible, key=lambda r: (r.step, r.is_average))
        return Choice(
            chosen.name,
            "the earliest of the passing checkpoints",
            f"{chosen.label} passed earlier",
        )


def is_settled(policy: SelectionPolicy, chosen: str | None) -> bool:
    """Returns whether no later checkpoint can change what is chosen.

    Args:
        policy: Policy of the selection.
        chosen: Name of the chosen so far; None if there is none.
    """
    return chosen is not None and isinstance(policy, EarliestEligible)


def check_earliest_eligible(
    policy: SelectionPolicy, unvalidated_reason: str | None, is_race: bool
) -> None:
    """Checks that thresholds decide, if the policy is `EarliestEligible`.

    Args:
        policy: Policy of the selection.
        unvalidated_reason: Why meeting all thresholds says nothing; None if it does.
        is_race: Whether checkpoints are dropped early for their values.

    Raises:
        SelectionError: Every checkpoint passes, so that the first would be chosen, or a race may
            drop the one to choose.
    """
    if not isinstance(policy, EarliestEligible):
        return
    if unvalidated_reason:
        raise SelectionError(
            _NAME,
            f" takes the first checkpoint that meets every threshold, and {unvalidated_reason}. "
            "Add one, or choose by ",
            _INSTEAD,
            ".",
        )
    if is_race:
        raise SelectionError(
            "A race may drop the first checkpoint that meets every threshold. Leave out ",
            Words("racing", "--race"),
            ", or choose by ",
            _INSTEAD,
            ".",
        )
