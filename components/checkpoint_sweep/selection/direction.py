"""Which of two values of a metric is the better one: see `criteria`."""

from checkpoint_sweep.selection.criteria import Direction as Direction
