"""The plots of all examples, as `report.json` has them; docs/report.md explains their keys."""

from collections.abc import Sequence
from typing import Literal, TypeAlias, TypedDict


class PlotName(TypedDict):
    """What every plot has: `of` an output, class and weighting, and the metric's `name`."""

    of: str
    name: str


class ThresholdPlot(PlotName):
    """The counts of examples at each threshold."""

    kind: Literal["thresholds"]
    threshold: Sequence[float]
    true_positives: Sequence[float]
    false_positives: Sequence[float]
    true_negatives: Sequence[float]
    false_negatives: Sequence[float]


class CalibrationPlot(PlotName):
    """The mean prediction and label of each group of examples."""

    kind: Literal["calibration"]
    examples: Sequence[float]
    prediction: Sequence[float]
    label: Sequence[float]


class ClassesPlot(PlotName):
    """The counts by actual class and predicted class at one threshold."""

    kind: Literal["classes"]
    threshold: float
    entries: Sequence[tuple[int, int, float]]
    classes_left_out: int


Plot: TypeAlias = ThresholdPlot | CalibrationPlot | ClassesPlot
