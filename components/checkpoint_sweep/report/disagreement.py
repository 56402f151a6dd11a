"""An example on which the chosen and the baseline disagree."""

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Disagreement:
    """An example on which the predictions of the chosen and of the baseline differ.

    Attributes:
        row: Number of the example, from 0, in the order of the files.
        key: Value of the feature that identifies it, as text; None without.
        slices: Features that are sliced by, as text.
        label: Label; None without. By output for several, as are predictions.
        chosen: Prediction of the chosen: a number, or a list of some.
        baseline: Prediction of the baseline.
        difference: Largest absolute difference of the two, over the values of an example.
    """

    row: int
    key: str | None
    slices: Mapping[str, str]
    label: Any
    chosen: Any
    baseline: Any
    difference: float
