"""Which checkpoint is the best: a pure function from a table of results to verdicts."""

import dataclasses
import enum
import json
import math
from collections.abc import Mapping, Sequence

from checkpoint_sweep.common.errors import UserError


class SelectionError(UserError):
    """The selection cannot be applied to this evaluation; the message says what to change."""


class Direction(enum.Enum):
    """Which of two values of a metric is the better one."""

    HIGHER_IS_BETTER = "HIGHER_IS_BETTER"
    LOWER_IS_BETTER = "LOWER_IS_BETTER"


@dataclasses.dataclass(frozen=True)
class Selection:
    """The metric to choose by.

    Attributes:
        metric: as TFMA names it in its results, for example ``"auc"``.
        slice: feature values of the slice to read it on; empty for overall.
        direction: which values are better. None takes the direction that the metric's change
            threshold declares in the evaluation config; it is never guessed from the name.
        output_name: of a multi-output model.
        sub_key: of a per-class or top-k metric, as TFMA prints it, for example
            ``"classId:3"``.
    """

    metric: str
    slice: Mapping[str, str | int | float] = dataclasses.field(default_factory=dict)
    direction: Direction | None = None
    output_name: str = ""
    sub_key: str = ""

    def to_json(self) -> str:
        """As a component parameter; equal selections give equal text."""
        fields = dataclasses.asdict(self)
        fields["slice"] = dict(sorted(self.slice.items()))
        fields["direction"] = self.direction.value if self.direction else None
        return json.dumps(fields, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Selection":
        """The inverse of `to_json`.

        Raises:
            SelectionError: the text is not a selection.
        """
        try:
            fields = json.loads(text)
            if fields.get("direction"):
                fields["direction"] = Direction(fields["direction"])
            return cls(**fields)
        except (ValueError, TypeError, AttributeError) as error:
            raise SelectionError(f"Not a selection: {text!r} ({error}).") from error

    def __str__(self) -> str:
        parts = [self.output_name, self.metric, self.sub_key]
        where = ", ".join(f"{k}={v}" for k, v in sorted(self.slice.items()))
        return "/".join(p for p in parts if p) + (f" on {where}" if where else "")


@dataclasses.dataclass(frozen=True)
class CandidateResult:
    """What is known of one checkpoint when the choice is made.

    Attributes:
        name: of the candidate.
        step: training step.
        value: of the selection metric; None when it has none.
        threshold_failures: one sentence for each threshold that it missed.
        left_out: why it was not evaluated; None when it was.
    """

    name: str
    step: int
    value: float | None = None
    threshold_failures: Sequence[str] = ()
    left_out: str | None = None


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The judgement on one checkpoint.

    Attributes:
        name: of the candidate.
        step: training step.
        eligible: whether it may be chosen.
        value: of the selection metric; None when it has none.
        reason: why it is chosen, or not chosen, or not eligible.
        missed: one sentence for each threshold that it missed.
    """

    name: str
    step: int
    eligible: bool
    value: float | None
    reason: str
    missed: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class Decision:
    """The outcome of a sweep.

    Attributes:
        chosen: name of the best eligible candidate; None when none is eligible.
        verdicts: one for each checkpoint, by step.
    """

    chosen: str | None
    verdicts: Sequence[Verdict]


def choose(results: Sequence[CandidateResult], direction: Direction) -> Decision:
    """Chooses the best of those that have a finite value and missed no threshold.

    Of equal values the earliest step wins: the same quality for less training.

    Args:
        results: one for each checkpoint, in any order.
        direction: of the selection metric.

    Returns:
        The decision, with a verdict for every result.
    """
    sign = 1.0 if direction is Direction.LOWER_IS_BETTER else -1.0
    obstacles = {r.name: _why_not_eligible(r) for r in results}
    ranked = sorted(
        (r for r in results if obstacles[r.name] is None),
        key=lambda r: (sign * (r.value or 0.0), r.step),
    )
    best = ranked[0] if ranked else None
    verdicts = [
        Verdict(
            r.name,
            r.step,
            eligible=obstacles[r.name] is None,
            value=r.value if r.value is not None and math.isfinite(r.value) else None,
            reason=obstacles[r.name] or _standing(r, best),
            missed=list(r.threshold_failures),
        )
        for r in sorted(results, key=lambda r: r.step)
    ]
    return Decision(best.name if best else None, verdicts)


def _why_not_eligible(result: CandidateResult) -> str | None:
    if result.left_out:
        return result.left_out
    if result.value is None:
        return "the selection metric has no value"
    if not math.isfinite(result.value):
        return f"the selection metric is {result.value}"
    if result.threshold_failures:
        first, *others = result.threshold_failures
        return f"missed {first}" + (f" and {len(others)} more" if others else "")
    return None


def _standing(result: CandidateResult, best: CandidateResult | None) -> str:
    assert best is not None
    assert best.value is not None
    if result is best:
        return "the best of the eligible"
    if result.value == best.value:
        return f"equal to step {best.step}, which is earlier"
    return f"step {best.step} is better"
