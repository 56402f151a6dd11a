"""A selection policy for tests."""

import dataclasses
from collections.abc import Sequence

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.policies import CandidateResult, Choice


@dataclasses.dataclass(frozen=True)
class Named:
    """Chooses the candidate of a name.

    Attributes:
        name: Name of the candidate.
    """

    name: str

    def choose(self, eligible: Sequence[CandidateResult], direction: Direction) -> Choice:
        """Chooses by name, whatever the values."""
        return Choice(self.name, "as named", f"not {self.name}")
