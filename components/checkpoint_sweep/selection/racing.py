"""The choice of candidates to drop after a share of the examples."""

import dataclasses
import json
from collections.abc import Mapping

import numpy as np

from checkpoint_sweep.common.json_safe import parsing
from checkpoint_sweep.selection.best_set import best_set
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.replicates import Replicates

# How the reason of a candidate begins that was dropped.
DROPPED = "dropped after"


@dataclasses.dataclass(frozen=True)
class Racing:
    """Drops candidates that are out after a share of the examples.

    After an eighth, a quarter and a half of the examples, those that are not in the set of the
    best so far are dropped; the others go on, and what they have is not evaluated again.

    >>> from checkpoint_sweep import Racing, SweepOptions
    >>> options = SweepOptions(
    ...     "eval*.tfrecord", "eval_config.pbtxt", "auc", racing=Racing(level=0.95)
    ... )

    Attributes:
        level: Probability with which the best so far is kept each time; at least 0.5, below 1.

    Raises:
        SelectionError: The level is below 0.5, or not below 1.
    """

    level: float = 0.9

    def __post_init__(self) -> None:
        if not 0.5 <= self.level < 1:
            raise SelectionError(
                f"The level of racing is {self.level}; it must be at least 0.5 and below 1."
            )

    def to_json(self) -> str:
        """Returns the text of a component parameter."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Racing":
        """Reads what `to_json` returned.

        Raises:
            SelectionError: The text is something else.
        """
        advice = "Make it by Racing(...).to_json()."
        with parsing(text, "a description of racing", advice, SelectionError):
            return cls(**json.loads(text))


def out(found: Mapping[str, Replicates], direction: Direction, level: float) -> list[str]:
    """Names the candidates that are not in the set of the best.

    Args:
        found: Replicates of the selection metric so far, by name of the candidate, all of the
            same examples. Those without a standard error are never out, and nobody is where
            replicates are of another value than the one that would be shown.
        direction: Direction of the selection metric.
        level: Level of the set.
    """
    if any(replicates.obstacle for replicates in found.values()):
        return []
    known = {
        name: (direction.loss(replicates.value), influences)
        for name, replicates in found.items()
        if (influences := replicates.influences()) is not None
    }
    if len(known) < 2:
        return []
    losses = np.array([loss for loss, _ in known.values()])
    influences = direction.loss(1.0) * np.array([row for _, row in known.values()])
    members = best_set(losses, influences, level)
    return [name for name, member in zip(known, members, strict=True) if not member]
