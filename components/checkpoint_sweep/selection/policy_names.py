"""Names of selection policies, for an option of a command line."""

from checkpoint_sweep.selection.criteria import DIRECTIONS
from checkpoint_sweep.selection.earliest_eligible import EarliestEligible
from checkpoint_sweep.selection.policies import BestValue, SelectionError, SelectionPolicy
from checkpoint_sweep.selection.set_policies import EarliestOfSet, LatestOfSet, SecondaryMetric


def policy_of(choose: str) -> SelectionPolicy:
    """Finds the policy that the option `--choose` stands for.

    >>> policy_of("earliest")
    EarliestOfSet()

    Args:
        choose: "best", "earliest", "latest", "earliest-passing", or a metric and which of its
            values are better, such as "binary_accuracy:higher".

    Raises:
        SelectionError: It stands for none.
    """
    simple: dict[str, SelectionPolicy] = {
        "best": BestValue(),
        "earliest": EarliestOfSet(),
        "latest": LatestOfSet(),
        "earliest-passing": EarliestEligible(),
    }
    metric, _, direction = choose.rpartition(":")
    if choose in simple:
        return simple[choose]
    if metric and direction in DIRECTIONS:
        return SecondaryMetric(metric, DIRECTIONS[direction])
    raise SelectionError(
        f"Unknown --choose={choose}. Name {', '.join(simple)}, or a metric with its direction, "
        "such as binary_accuracy:higher."
    )
