"""The decision of a sweep: the content of `verdicts.json`."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.selection.across import Across
from checkpoint_sweep.selection.criteria import LEVEL, Direction, ThresholdMode
from checkpoint_sweep.selection.metric_on_slice import MetricOnSlice
from checkpoint_sweep.selection.run_spread import RunSpread, run_spread
from checkpoint_sweep.selection.verdict import Verdict

# Of `verdicts.json`: raised when a key changes its meaning or goes; keys may be added.
VERSION = 1


@dataclasses.dataclass(frozen=True)
class AppliedSelection(MetricOnSlice):
    """The selection that a sweep has applied, with the direction that was declared.

    Attributes:
        metric: Metric to choose by, as TFMA names it in its results; or a formula of several.
        direction: Direction in which the values of the metric are better.
        slice: Feature values of the slice that the metric was read on; empty for all examples.
        output_name: Output of a multi-output model; "" for the only one.
        sub_key: Class, top k or kind of average of the metric; "" for none.
        weighted: Whether its value is that by the weights of examples, where both were computed;
            None where one of them was.
        level: Level of intervals and of the set of those tied with the best.
        policy: Dotted name of the policy's class, and its fields: reading needs no such class.
        threshold_mode: Certainty with which thresholds were to be met.
        across: Slices over which the choice was made; None for one slice.
        cluster_key: Feature whose examples of one value share a fold, so that intervals are those
            of clusters; None for none.
    """

    metric: str
    direction: Direction
    slice: Mapping[str, str | int | float] = dataclasses.field(default_factory=dict)
    output_name: str = ""
    sub_key: str = ""
    weighted: bool | None = None
    level: float = LEVEL
    policy: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    threshold_mode: ThresholdMode = ThresholdMode.VALUE
    across: Across | None = None
    cluster_key: str | None = None

    def to_dict(self) -> Json:
        """Returns the selection as `verdicts.json` has it."""
        return {
            **({"across": self.across.to_dict()} if self.across else {}),
            **({"cluster_key": self.cluster_key} if self.cluster_key else {}),
            "direction": self.direction.value,
            "level": self.level,
            "margin": self.threshold_mode.value,
            "metric": self.metric,
            "output_name": self.output_name,
            "policy": dict(self.policy),
            "slice": dict(self.slice),
            "sub_key": self.sub_key,
            "weighted": self.weighted,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "AppliedSelection":
        """Returns the selection that `to_dict` wrote; earlier versions knew fewer keys.

        Raises:
            KeyError, TypeError, ValueError: The content is no selection.
        """
        return cls(
            metric=content["metric"],
            direction=Direction(content["direction"]),
            slice=content.get("slice") or {},
            output_name=content.get("output_name") or "",
            sub_key=content.get("sub_key") or "",
            weighted=content.get("weighted"),
            level=float(content.get("level", LEVEL)),
            policy=content.get("policy") or {},
            threshold_mode=ThresholdMode(content.get("margin", ThresholdMode.VALUE.value)),
            across=Across.from_dict(content["across"]) if content.get("across") else None,
            cluster_key=content.get("cluster_key"),
        )


@dataclasses.dataclass(frozen=True)
class SweepVerdicts:
    """The choice of a sweep, whether it is blessed, and a verdict on every candidate.

    Attributes:
        chosen: Name of the chosen candidate; None when none is eligible.
        blessed: Whether the chosen met thresholds that there were.
        reason: Why it is blessed or not, in a sentence.
        selection: Metric that the choice was made by, and how.
        verdicts: One verdict for each candidate, by run and step, averages after checkpoints.
    """

    chosen: str | None
    blessed: bool
    reason: str
    selection: AppliedSelection
    verdicts: Sequence[Verdict]

    @property
    def winner(self) -> Verdict | None:
        """The verdict on the chosen; None when none is eligible."""
        return next((v for v in self.verdicts if v.name == self.chosen), None)

    @property
    def best_set(self) -> list[Verdict]:
        """The verdicts on those that are tied with the best; empty where that is not known."""
        return [verdict for verdict in self.verdicts if verdict.in_best_set]

    @property
    def checkpoints(self) -> list[Verdict]:
        """The verdicts on checkpoints, averages aside."""
        return [verdict for verdict in self.verdicts if not verdict.is_average]

    @property
    def run_spread(self) -> RunSpread | None:
        """Spread of the selection metric between runs; None in a sweep of one."""
        return run_spread(self.verdicts, self.chosen, self.selection.direction)

    def to_dict(self) -> Json:
        """Returns the content of `verdicts.json`."""
        spread = self.run_spread
        return {
            "version": VERSION,
            "blessed": self.blessed,
            "reason": self.reason,
            "chosen": self.chosen,
            "selection": self.selection.to_dict(),
            "best_set": [verdict.name for verdict in self.best_set],
            **({} if spread is None else {"run_spread": spread.to_dict()}),
            "checkpoints": [verdict.to_dict() for verdict in self.verdicts],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "SweepVerdicts":
        """Returns the verdicts that `to_dict` wrote; before version 1 there was no `version`.

        Raises:
            KeyError, TypeError, ValueError: The content is of something else, or another version.
        """
        chosen = content["chosen"]
        if (version := content.get("version", VERSION)) != VERSION:
            raise ValueError(f"The verdicts are of version {version!r}, not {VERSION}.")
        return cls(
            chosen=chosen,
            blessed=bool(content["blessed"]),
            reason=content["reason"],
            selection=AppliedSelection.from_dict(content["selection"]),
            verdicts=[Verdict.from_dict(verdict) for verdict in content["checkpoints"]],
        )
