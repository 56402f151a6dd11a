"""When waiting for a better checkpoint may end."""

from collections.abc import Mapping, Sequence
from typing import Any

from checkpoint_sweep.selection.policies import SelectionError


def without_improvement(verdicts: Sequence[Mapping[str, Any]]) -> int:
    """How many checkpoints ago there was one that is as good for all that the examples say.

    Args:
        verdicts: of checkpoints, by step, as `verdicts.json` has them.

    Returns:
        The number of checkpoints after the earliest that cannot be told from the best; 0 as long as
        none is eligible, or no standard errors are known.
    """
    checkpoints = [v for v in verdicts if v.get("averaged") is None]
    members = [number for number, v in enumerate(checkpoints) if v["in_best_set"]]
    return len(checkpoints) - 1 - members[0] if members else 0


def check_patience(patience: int | None) -> None:
    """Checks that a patience waits for something.

    Raises:
        SelectionError: It is below 1.
    """
    if patience is not None and patience < 1:
        raise SelectionError(f"The patience is {patience}; it must be at least 1.")
