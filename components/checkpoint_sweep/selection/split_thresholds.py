"""Thresholds on the splits of a sweep, and on the gap to the one that chooses."""

import dataclasses
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from checkpoint_sweep.common.json_safe import parsing
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection.criteria import ThresholdMode
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.thresholds import (
    Bound,
    BoundKind,
    describe_missed,
    describe_unsure,
)

if TYPE_CHECKING:  # What reads thresholds need not wait for NumPy.
    from checkpoint_sweep.selection.replicates import Replicates

SPLIT_THRESHOLDS = Words("split_thresholds", "--split-threshold")
_TEXT = re.compile(
    r"(?P<split>[^:]+):\s*(?P<gap>gap of\s+)?(?P<metric>.+?)(?:\s+on\s+(?P<slice>[^<>]+?))?\s*"
    r"(?P<side><=|>=)\s*(?P<limit>\S+)"
)
_SHOWN = 300  # Characters of what is no threshold.


@dataclasses.dataclass(frozen=True)
class SplitThreshold:
    """A threshold on a metric of a split, or on its gap to the split that chooses.

    >>> from checkpoint_sweep import SplitThreshold
    >>> str(SplitThreshold("drift", "auc", lower=0.8, slice={"payment_type": "Cash"}))
    'drift: auc on payment_type=Cash >= 0.8'
    >>> SplitThreshold.parse("train: gap of auc <= 0.05").of_gap
    True

    A gap is the value on the split less that on the split that chooses: of a loss, which is better
    where it is lower, that of a model which overfits is below 0.

    On the split that chooses, it bounds what the evaluation config has no threshold for: a metric
    of the model function, or a formula.

    Attributes:
        split: Name of the split.
        metric: Metric as TFMA names it, with its output, class or top k where there are several;
            or a formula of several.
        lower: Smallest value that meets it; None for any.
        upper: Largest value that meets it; None for any.
        slice: Feature values of the slice to read it on; empty for all examples of the split.
        of_gap: Whether the value on the split less that on the split that chooses is bound.

    Raises:
        SelectionError: It has not one limit that is a finite number.
    """

    split: str
    metric: str
    lower: float | None = None
    upper: float | None = None
    slice: Mapping[str, str | int | float] = dataclasses.field(default_factory=dict)
    of_gap: bool = False

    def __post_init__(self) -> None:
        given = [limit for limit in (self.lower, self.upper) if limit is not None]
        if len(given) != 1 or not math.isfinite(given[0]):
            raise SelectionError(
                f"The threshold on {self.metric!r} of the split {self.split!r} needs one finite "
                "limit, lower or upper. Two limits are two thresholds."
            )

    @classmethod
    def parse(cls, text: str) -> "SplitThreshold":
        """Reads a threshold as the command line and messages write it.

        Raises:
            SelectionError: The text is none.
        """
        found = _TEXT.fullmatch(text.strip())
        try:
            if found is None:
                raise ValueError(text)
            pairs = [part.split("=", 1) for part in (found["slice"] or "").split(",") if part]
            side = "lower" if found["side"] == ">=" else "upper"
            return cls(
                found["split"].strip(),
                found["metric"],
                **{side: float(found["limit"])},
                slice={feature.strip(): value.strip() for feature, value in pairs},
                of_gap=found["gap"] is not None,
            )
        except ValueError as error:
            raise SelectionError(
                f"{text[:_SHOWN]!r} is no threshold on a split. Write it as ",
                "'train: auc >= 0.8' or 'train: gap of auc <= 0.05'.",
            ) from error

    @property
    def selection(self) -> Selection:
        """The metric on its slice."""
        return Selection(self.metric, self.slice)

    @property
    def what(self) -> str:
        """What is bound: the metric on its slice, or the gap of it."""
        return f"{'gap of ' if self.of_gap else ''}{self.selection}"

    @property
    def bound(self) -> Bound:
        """The limit, and on which side of it values meet it."""
        if self.lower is not None:
            return Bound(BoundKind.LOWER, self.lower, is_lower=True)
        assert self.upper is not None
        return Bound(BoundKind.UPPER, self.upper, is_lower=False)

    def __str__(self) -> str:
        side = ">=" if self.bound.is_lower else "<="
        return f"{self.split}: {self.what} {side} {self.bound.limit!r}"


@dataclasses.dataclass(frozen=True)
class Reading:
    """A metric of one candidate on one split.

    Attributes:
        value: Value; None where it was not computed.
        replicates: Replicates of the value; None where there are none.
    """

    value: float | None
    replicates: "Replicates | None" = None


def to_json(thresholds: Sequence[SplitThreshold]) -> str:
    """Returns thresholds as a component parameter."""
    return json.dumps([dataclasses.asdict(threshold) for threshold in thresholds], sort_keys=True)


def from_json(text: str) -> list[SplitThreshold]:
    """Reads the thresholds that `to_json` gave.

    Raises:
        SelectionError: The text has none.
    """
    advice = "Give the component SplitThreshold(...)."
    with parsing(text, "thresholds on splits", advice, SelectionError):
        return [SplitThreshold(**fields) for fields in json.loads(text)]


def check_split_names(
    thresholds: Collection[SplitThreshold], splits: Collection[str], choosing: Collection[str]
) -> None:
    """Checks that no other split chooses, and that thresholds are on one of the splits.

    A threshold can be on the split that chooses if that is one alone, since several are evaluated
    together.

    Args:
        thresholds: Thresholds on splits.
        splits: Names of the other splits.
        choosing: Names of the splits that choose.

    Raises:
        SelectionError: A split is to choose and to stand beside, or its name cannot be that of a
            folder, or a threshold names none of them.
    """
    others = Words("other_splits", "--other-split")
    for name in splits:
        if name in choosing:
            raise SelectionError(
                f"The split {name!r} chooses, and ", others, " names it too. Leave it out there."
            )
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
            raise SelectionError(
                others, f" names the split {name!r}. Name it by letters, digits, _, . and -."
            )
    for threshold in thresholds:
        is_on_choosing = list(choosing) == [threshold.split] and not threshold.of_gap
        if threshold.split not in splits and not is_on_choosing:
            known = ", ".join(splits) or "none"
            raise SelectionError(
                SPLIT_THRESHOLDS,
                f" has {str(threshold)!r}, and the other splits are: {known}. Name one of these, "
                "or add the split to ",
                others,
                ".",
            )


def missed_reason(
    threshold: SplitThreshold,
    on_split: Reading,
    on_choosing: Reading,
    mode: ThresholdMode,
    level: float,
) -> str | None:
    """Says how a candidate misses a threshold; None if it meets it.

    The two splits of a gap are of different examples, so that the squares of their errors add up.

    Args:
        threshold: Threshold on a split.
        on_split: Metric of the candidate on this split.
        on_choosing: The same metric on the split that chooses.
        mode: Whether the value is to meet it, or its one-sided bound too.
        level: Level of this bound.
    """
    readings = [on_split, on_choosing] if threshold.of_gap else [on_split]
    values = [reading.value for reading in readings]
    known = [value for value in values if value is not None]
    value = None if len(known) < len(values) else known[0] - sum(known[1:])
    bound, said = threshold.bound, None
    if value is None or math.isnan(value) or bound.is_missed_by(value):
        side = f"{'lower' if bound.is_lower else 'upper'}_bound value: {bound.limit!r}"
        said = describe_missed(threshold.what, value, "", False, side)
    elif mode is ThresholdMode.CONFIDENT:
        margin, caution = _margin(readings, level)
        if margin is None:
            return f"{threshold.split}: {threshold.what}, {caution}"
        reached = value - margin if bound.is_lower else value + margin
        if bound.is_missed_by(reached):
            said = describe_unsure(threshold.what, value, reached, bound, level, caution)
    return said and f"{threshold.split}: {said}"


def _margin(readings: list[Reading], level: float) -> tuple[float | None, str | None]:
    """Returns how far a one-sided bound is from the value, None if unknown; and a caution."""
    from checkpoint_sweep.selection.intervals import estimate

    margins, cautions = [], []
    for reading in readings:
        if reading.replicates is None:
            return None, "of which no standard error is known"
        known = estimate(reading.replicates, level)
        margin = known.margin(level)
        if margin is None:
            return None, known.caution
        margins.append(margin)
        cautions.append(known.caution)
    return math.hypot(*margins), next((caution for caution in cautions if caution), None)
