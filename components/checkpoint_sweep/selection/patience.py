"""Checks for how many checkpoints a sweep waits for a better one."""

from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection.policies import SelectionError


def check_patience(patience: int | None) -> None:
    """Checks that a patience is of at least one checkpoint.

    Args:
        patience: Number of checkpoints to wait for; None for no end.

    Raises:
        SelectionError: The patience is below 1.
    """
    if patience is not None and patience < 1:
        raise SelectionError(
            Words("The patience", "--patience"), f" is {patience}; it must be at least 1."
        )
