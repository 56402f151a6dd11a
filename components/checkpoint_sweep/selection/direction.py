"""Which of two values of a metric is the better one."""

import enum


class Direction(enum.Enum):
    """Which of two values of a metric is the better one.

    >>> from checkpoint_sweep import Direction
    >>> min([0.4, 0.6], key=Direction.HIGHER_IS_BETTER.loss)
    0.6
    """

    HIGHER_IS_BETTER = "HIGHER_IS_BETTER"
    LOWER_IS_BETTER = "LOWER_IS_BETTER"

    def loss(self, value: float) -> float:
        """The value as something to minimise."""
        return value if self is Direction.LOWER_IS_BETTER else -value
