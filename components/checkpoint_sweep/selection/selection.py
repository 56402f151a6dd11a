"""The selection: the metric to choose by, and how."""

import dataclasses
import json
from collections.abc import Mapping

from checkpoint_sweep.common.json_safe import parsing
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection import policies
from checkpoint_sweep.selection.across import Across
from checkpoint_sweep.selection.criteria import LEVEL, Direction, ThresholdMode
from checkpoint_sweep.selection.formula import parse
from checkpoint_sweep.selection.metric_on_slice import MetricOnSlice
from checkpoint_sweep.selection.policies import BestValue, SelectionError, SelectionPolicy


@dataclasses.dataclass(frozen=True)
class Selection(MetricOnSlice):
    """Names the metric to choose by, and how.

    >>> from checkpoint_sweep import Direction, EarliestOfSet, Selection
    >>> selection = Selection(
    ...     "auc",
    ...     slice={"payment_type": "Cash"},
    ...     direction=Direction.HIGHER_IS_BETTER,
    ...     policy=EarliestOfSet(),
    ... )
    >>> str(selection)
    'auc on payment_type=Cash'

    Attributes:
        metric: Name of the metric in TFMA's results, for example ``"auc"``; or a formula of
            several, ``"0.7 * auc + 0.3 * 'head/recall'"``, whose direction is to be declared here.
        slice: Feature values of the slice to read it on; empty for overall.
        direction: Direction in which values are better. None takes the direction that the metric's
            threshold declares in the evaluation config; it is never guessed from the name.
        output_name: Name of the output of a multi-output model.
        sub_key: Class, top k or average of the metric, as TFMA prints it, for example
            ``"classId:3"`` or ``"macro"``.
        weighted: Whether to take the value by the weights of examples, where the evaluation config
            computes it with and without them. None takes the only one.
        policy: Policy that chooses one of the eligible checkpoints, see `SelectionPolicy`.
        level: Level of intervals, and the probability with which the set of checkpoints that are
            tied with the best holds the truly best one; between 0.5 and 1.
        threshold_mode: Mode in which thresholds are to be met: by values, or by their bounds.
        across: Slices over which the choice is made, in place of `slice`; None for that one.

    Raises:
        SelectionError: The level is below 0.5, or not below 1; both `slice` and `across` are given;
            or a formula has an output, a sub key or a weighting beside it.
    """

    metric: str
    slice: Mapping[str, str | int | float] = dataclasses.field(default_factory=dict)
    direction: Direction | None = None
    output_name: str = ""
    sub_key: str = ""
    weighted: bool | None = None
    policy: SelectionPolicy = dataclasses.field(default_factory=BestValue)
    level: float = LEVEL
    threshold_mode: ThresholdMode = ThresholdMode.VALUE
    across: Across | None = None

    def __post_init__(self) -> None:
        if not 0.5 <= self.level < 1:
            raise SelectionError(
                Words("The level of a selection", "--level"),
                f" is {self.level}; it must be at least 0.5 and below 1.",
            )
        if self.slice and self.across:
            raise SelectionError(
                "The selection names one slice and several. Leave out ",
                Words("slice or across", "--slice or --across"),
                ".",
            )
        if (self.output_name or self.sub_key or self.weighted is not None) and parse(self.metric):
            raise SelectionError(
                "The metrics of a formula are named with their outputs, sub keys and weightings: "
                "'head/auc/classId:1/weighted'. Leave out output_name, sub_key and weighted."
            )

    def to_json(self) -> str:
        """Returns the text of a component parameter; equal selections give equal text."""
        fields = {
            "metric": self.metric,
            "slice": dict(sorted(self.slice.items())),
            "direction": self.direction.value if self.direction else None,
            "output_name": self.output_name,
            "sub_key": self.sub_key,
            "weighted": self.weighted,
            "policy": policies.to_dict(self.policy),
            "level": self.level,
            "margin": self.threshold_mode.value,
        }
        if self.across:  # Text of selections that are as before stays as it was.
            fields["across"] = self.across.to_dict()
        return json.dumps(fields, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Selection":
        """Reads what `to_json` returned; absent keys have their defaults.

        Raises:
            SelectionError: The text is not a selection.
        """
        advice = "Make it by Selection(...).to_json()."
        with parsing(text, "a selection", advice, SelectionError):
            fields = json.loads(text)
            if fields.get("direction"):
                fields["direction"] = Direction(fields["direction"])
            if "margin" in fields:
                fields["threshold_mode"] = ThresholdMode(fields.pop("margin"))
            if fields.get("across"):
                fields["across"] = Across.from_dict(fields["across"])
            if "policy" in fields:
                fields["policy"] = policies.from_dict(fields["policy"])
            selection = cls(**fields)
            for name in ("metric", "output_name", "sub_key"):
                if not isinstance(getattr(selection, name), str):
                    raise TypeError(f"{name} is not text")
            if selection.weighted not in (None, True, False):
                raise TypeError("weighted is not true, false or null")
            if not isinstance(selection.slice, dict):
                raise TypeError("slice is not a mapping of features to values")
        return selection
