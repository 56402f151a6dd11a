"""The criteria of a judgement: direction of the metric, level of intervals, thresholds."""

import enum

# Level of intervals where a selection names none.
LEVEL = 0.95


class Direction(enum.Enum):
    """Says which of two values of a metric is the better one.

    >>> from checkpoint_sweep import Direction
    >>> min([0.4, 0.6], key=Direction.HIGHER_IS_BETTER.loss)
    0.6
    """

    HIGHER_IS_BETTER = "HIGHER_IS_BETTER"
    LOWER_IS_BETTER = "LOWER_IS_BETTER"

    def loss(self, value: float) -> float:
        """Turns a value into something to minimise."""
        return value if self is Direction.LOWER_IS_BETTER else -value

    @property
    def word(self) -> str:
        """The better values in a word, as command lines take it: "higher" or "lower"."""
        return "higher" if self is Direction.HIGHER_IS_BETTER else "lower"

    @property
    def arrow(self) -> str:
        """A sign for the heads of tables."""
        return "↑" if self is Direction.HIGHER_IS_BETTER else "↓"


# By the words of command lines.
DIRECTIONS = {direction.word: direction for direction in Direction}


class ThresholdMode(enum.Enum):
    """Says how surely a threshold is to be met.

    >>> from checkpoint_sweep import Selection, ThresholdMode
    >>> Selection("auc", level=0.9, threshold_mode=ThresholdMode.CONFIDENT).threshold_mode
    <ThresholdMode.CONFIDENT: 'confident'>

    VALUE: The value meets it, as TFMA judges. CONFIDENT: The one-sided bound of the value, or of
    its change, at the level of the selection, meets it too.
    """

    VALUE = "value"
    CONFIDENT = "confident"
