"""The verdict on one candidate of a sweep."""

import dataclasses
import enum
from collections.abc import Mapping, Sequence
from typing import Any

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.common.names import CandidateLabels, without_run
from checkpoint_sweep.selection.formatting import half_width

Interval = tuple[float, float]


class Status(enum.Enum):
    """The status of a candidate beside the others; the values are the words of tables."""

    TIED_WITH_BEST = "tied with the best"
    WORSE = "significantly worse"
    ELIGIBLE = "eligible"  # Without standard errors, no more can be said.
    MISSED_THRESHOLDS = "missed thresholds"
    EXCLUDED = "skipped"


@dataclasses.dataclass(frozen=True)
class Difference:
    """The difference of the values of two candidates, with the margin of the test behind a verdict.

    Attributes:
        value: First value less the second.
        standard_error: Standard error of the difference.
        interval: Simultaneous interval of the difference, at the level of the selection: it leaves
            0 out just where one of the two is significantly worse than the other.
    """

    value: float
    standard_error: float
    interval: Interval

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return max(self.interval[1] - self.value, self.value - self.interval[0])


@dataclasses.dataclass(frozen=True)
class Verdict(CandidateLabels):
    """The verdict on one checkpoint, or on an average.

    Attributes:
        name: Name of the candidate.
        step: Training step; the step of its newest checkpoint for an average.
        eligible: Whether the candidate may be chosen.
        value: Value of the selection metric; None when it has none.
        reason: Why the candidate is chosen, or not chosen, or not eligible.
        missed: One sentence for each threshold that the candidate missed.
        standard_error: Standard error of the value; None where it is not known.
        interval: Interval of the value, at the level of the selection; None where it is not known.
        in_best_set: Whether the candidate is tied with the best of the eligible; None where that
            is not known, or the candidate is not eligible.
        beaten_by: Name of the eligible candidate that is significantly better: the best by value,
            if it is. None for one that is tied with the best, and where that is not known.
        difference: Difference to the value of the chosen, Δ; None where it is not known.
        difference_to_better: Difference to the value of the one that beats it; None without one.
        caution: Why the interval is not to be trusted; None if it is.
        averaged: Steps of the checkpoints in an average; None for a checkpoint.
        splits: Value of the selection metric on each of the other splits; None where it has none.
        run: Name of the run in a sweep of several; None in a sweep of one.
    """

    name: str
    step: int
    eligible: bool
    value: float | None
    reason: str
    missed: Sequence[str] = ()
    standard_error: float | None = None
    interval: Interval | None = None
    in_best_set: bool | None = None
    beaten_by: str | None = None
    difference: Difference | None = None
    difference_to_better: Difference | None = None
    caution: str | None = None
    averaged: Sequence[int] | None = None
    splits: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    run: str | None = None

    def __getitem__(self, name: str) -> Any:
        """Returns the field of this name, as a verdict of `verdicts.json` has it.

        Raises:
            KeyError: There is no such field.
        """
        return self.to_dict()[name]

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval; None without one."""
        return half_width(self.value, self.interval)

    @property
    def status(self) -> Status:
        """Status of the candidate beside the others."""
        if not self.eligible:
            return Status.MISSED_THRESHOLDS if self.missed else Status.EXCLUDED
        if self.in_best_set is None:
            return Status.ELIGIBLE
        return Status.TIED_WITH_BEST if self.in_best_set else Status.WORSE

    def to_dict(self) -> Json:
        """Returns the verdict as `verdicts.json` has it."""
        return without_run(dataclasses.asdict(self))

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Verdict":
        """Returns the verdict that `to_dict` wrote; earlier versions knew fewer keys.

        Raises:
            KeyError, TypeError: The content is no verdict.
        """
        interval = content.get("interval")
        # Without the key below, an interval is of two candidates alone, which verdicts are not.
        difference = content.get("difference") if "beaten_by" in content else None
        difference_to_better = content.get("difference_to_better")
        return cls(
            name=content["name"],
            step=content["step"],
            eligible=content["eligible"],
            value=content["value"],
            reason=content["reason"],
            missed=list(content.get("missed", ())),
            standard_error=content.get("standard_error"),
            interval=_interval(interval) if interval else None,
            in_best_set=content.get("in_best_set"),
            beaten_by=content.get("beaten_by"),
            difference=_difference(difference) if difference else None,
            difference_to_better=(
                _difference(difference_to_better) if difference_to_better else None
            ),
            caution=content.get("caution"),
            averaged=content.get("averaged"),
            splits=dict(content.get("splits") or {}),
            run=content.get("run"),
        )


def _difference(content: Mapping[str, Any]) -> Difference:
    interval = _interval(content["interval"])
    return Difference(content["value"], content["standard_error"], interval)


def _interval(bounds: Sequence[float]) -> Interval:
    low, high = bounds
    return low, high


def without_improvement(verdicts: Sequence[Verdict]) -> int:
    """Counts the checkpoints after the earliest that is tied with the best.

    Args:
        verdicts: Verdicts on the candidates of a sweep, by step.

    Returns:
        The number of checkpoints; 0 as long as none is eligible, or no standard errors are known.
    """
    checkpoints = [verdict for verdict in verdicts if not verdict.is_average]
    tied = [number for number, verdict in enumerate(checkpoints) if verdict.in_best_set]
    return len(checkpoints) - 1 - tied[0] if tied else 0
