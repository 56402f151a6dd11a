"""The values of all candidates on a split beside the one that chooses."""

import dataclasses
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class SplitValues:
    """The values of the candidates on another split.

    Attributes:
        name: Name of the split.
        examples: Number of its examples; None if unknown.
        values: Values of the candidates that have results on it, by name: for each slice of the
            report the number of each of its metrics, None where there is none.
    """

    name: str
    examples: int | None
    values: Mapping[str, Sequence[Sequence[float | None]]]
