"""Policies that choose one of the eligible checkpoints, behind one protocol.

A policy is a frozen dataclass with one method. It may stand in any module that can be imported
where the sweep runs:

    @dataclasses.dataclass(frozen=True)
    class Latest:
        def choose(self, eligible, direction):
            return Choice(eligible[-1].name, "the latest of the eligible", "not the latest")

    Selection("auc", policy=Latest())
"""

import dataclasses
import enum
import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.common.names import CandidateLabels
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.replicates import Replicates


class SelectionError(UserError):
    """The selection cannot be applied to this evaluation; the message says what to change."""


@dataclasses.dataclass(frozen=True)
class CandidateResult(CandidateLabels):
    """The result of one checkpoint, or of an average, from which the choice is made.

    >>> from checkpoint_sweep import CandidateResult
    >>> CandidateResult("step-00000200", 200, value=0.91).label
    'step 200'

    Attributes:
        name: Name of the candidate.
        step: Training step; the step of its newest checkpoint for an average.
        value: Value of the selection metric; None when it has none.
        threshold_failures: One sentence for each threshold that it missed.
        excluded_reason: Why it may not be chosen whatever its value, for example because it could
            not be evaluated; None when it may.
        replicates: Replicates of the selection metric, on buckets of examples that all candidates
            share; None where the engine gives none.
        metrics: All metrics on the slice of the selection, by name.
        in_best_set: Whether it is tied with the best of the eligible, see `best_set`; None where
            that is not known.
        beaten_by: Name of the one that is significantly better: the best by value, if it is.
            None for one that is tied with the best, and where that is not known.
        averaged: Steps of the checkpoints in an average; None for a checkpoint.
        splits: Value of the selection metric on each of the other splits; None where it has none.
        run: Name of the run in a sweep of several; None in a sweep of one.
    """

    name: str
    step: int
    value: float | None = None
    threshold_failures: Sequence[str] = ()
    excluded_reason: str | None = None
    replicates: Replicates | None = None
    metrics: Mapping[str, float] = dataclasses.field(default_factory=dict)
    in_best_set: bool | None = None
    beaten_by: str | None = None
    averaged: Sequence[int] | None = None
    splits: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    run: str | None = None


@dataclasses.dataclass(frozen=True)
class Choice:
    """The choice of a policy.

    >>> from checkpoint_sweep import Choice
    >>> choice = Choice("step-00000200", "the latest of the eligible", "not the latest")

    Attributes:
        name: Name of the chosen candidate.
        reason: Why it is chosen.
        otherwise: Why another is not chosen, unless `reasons` says so of this one.
        reasons: Why single candidates are not chosen, by their names.
    """

    name: str
    reason: str
    otherwise: str
    reasons: Mapping[str, str] = dataclasses.field(default_factory=dict)


class SelectionPolicy(Protocol):
    """Chooses one of the eligible checkpoints; a policy of one's own is a frozen dataclass.

    >>> import dataclasses
    >>> from checkpoint_sweep import CandidateResult, Choice, Direction
    >>> @dataclasses.dataclass(frozen=True)
    ... class Latest:
    ...     def choose(self, eligible, direction):
    ...         return Choice(eligible[-1].name, "the latest of the eligible", "not the latest")
    >>> eligible = [CandidateResult("a", 200, 0.91), CandidateResult("b", 400, 0.9)]
    >>> Latest().choose(eligible, Direction.HIGHER_IS_BETTER).name
    'b'

    It stands in a module that can be imported where the sweep runs.
    """

    def choose(self, eligible: Sequence[CandidateResult], direction: Direction) -> Choice:
        """Chooses; a pure function.

        Args:
            eligible: Results to choose among: at least one, by step, each with a finite value;
                averages come after the checkpoint of the same step. Of several runs, those of one
                step are by run.
            direction: Direction of the selection metric.
        """
        ...


@dataclasses.dataclass(frozen=True)
class BestValue:
    """Chooses the best value; of equal ones the earliest: the same quality for less training.

    >>> from checkpoint_sweep import BestValue, CandidateResult, Direction
    >>> eligible = [CandidateResult("a", 200, 0.91), CandidateResult("b", 400, 0.92)]
    >>> BestValue().choose(eligible, Direction.HIGHER_IS_BETTER).name
    'b'
    """

    def choose(self, eligible: Sequence[CandidateResult], direction: Direction) -> Choice:
        """Chooses the best value, the earlier of equal ones."""
        best = _best(eligible, direction)
        return Choice(
            best.name,
            "best value among passing checkpoints",
            f"{best.label} has a better value",
            {r.name: _not_best_reason(r, best, eligible) for r in eligible},
        )


@dataclasses.dataclass(frozen=True)
class EarliestWithin:
    """Chooses the earliest whose value is at most `margin` worse than the best.

    >>> from checkpoint_sweep import CandidateResult, Direction, EarliestWithin
    >>> eligible = [CandidateResult("a", 200, 0.915), CandidateResult("b", 400, 0.92)]
    >>> EarliestWithin(0.01).choose(eligible, Direction.HIGHER_IS_BETTER).name
    'a'

    Attributes:
        margin: Largest difference, in units of the selection metric; at least 0.

    Raises:
        SelectionError: The margin is below 0.
    """

    margin: float

    def __post_init__(self) -> None:
        if not self.margin >= 0:
            raise SelectionError(f"EarliestWithin: margin is {self.margin}; it must be at least 0.")

    def choose(self, eligible: Sequence[CandidateResult], direction: Direction) -> Choice:
        """Chooses the earliest within the margin of the best."""
        best = _best(eligible, direction)
        bound = _loss(best, direction) + self.margin
        near = [r for r in eligible if _loss(r, direction) <= bound]
        chosen = min(near, key=lambda r: r.step)
        return Choice(
            chosen.name,
            f"the earliest within {self.margin:g} of the best, {best.label}",
            f"more than {self.margin:g} worse than {best.label}",
            {r.name: f"{chosen.label} is as good within {self.margin:g}" for r in near},
        )


def to_dict(policy: SelectionPolicy) -> Json:
    """Describes a policy as JSON-like data: the dotted name of its class, and its fields.

    Raises:
        SelectionError: The policy is not a frozen dataclass with a method `choose`.
    """
    kind = type(policy)
    if reason := _no_policy_reason(kind):
        raise SelectionError(
            "A selection policy must be a dataclass that is frozen and has a method choose; of "
            f"{policy!r}, {reason}."
        )
    assert dataclasses.is_dataclass(policy)
    assert not isinstance(policy, type)
    fields = {
        name: value.value if isinstance(value, enum.Enum) else value
        for name, value in dataclasses.asdict(policy).items()
    }
    return {"class": f"{kind.__module__}.{kind.__qualname__}", **fields}


def from_dict(content: Mapping[str, Any]) -> SelectionPolicy:
    """Makes the policy that `to_dict` described.

    The module is imported; nothing but the class of a policy in it is called.

    Raises:
        SelectionError: There is no such class, or it has other fields.
    """
    fields = dict(content)
    name = fields.pop("class", "")
    module, _, attribute = name.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module), attribute)
        if reason := _no_policy_reason(kind):
            raise TypeError(reason)
        policy: SelectionPolicy = kind(**fields)
    except SelectionError:
        raise
    except (Exception, SystemExit) as error:  # Whatever the module raises when it is imported.
        reason = first_line(error) if isinstance(error, Exception) else "its module calls sys.exit"
        raise SelectionError(
            f"The selection policy {name!r} cannot be made with {fields}: {reason}. "
            "It must be a class at the top level of a module that can be imported where the sweep "
            "runs."
        ) from error
    return policy


def _no_policy_reason(kind: object) -> str | None:
    """Says why what was found by its name is no class of policies; None if it is one."""
    if not isinstance(kind, type) or "__dataclass_params__" not in vars(kind):
        return "the class is not a dataclass"
    if not vars(kind)["__dataclass_params__"].frozen:
        return "the dataclass is not frozen"
    if not callable(getattr(kind, "choose", None)):
        return "the class has no method choose"
    return None


def choose(
    policy: SelectionPolicy, eligible: Sequence[CandidateResult], direction: Direction
) -> Choice:
    """Lets a policy choose.

    Raises:
        SelectionError: The policy fails, or names something else than one of the eligible. What
            a policy raises as such an error is passed on as it is.
    """
    kind = type(policy).__name__
    try:
        choice = policy.choose(eligible, direction)
        chosen = choice.name
    except SelectionError:
        raise
    except Exception as error:
        raise SelectionError(
            f"The selection policy {kind} fails: {first_line(error)}. Correct its method choose."
        ) from error
    if chosen not in [result.name for result in eligible]:
        raise SelectionError(
            f"The selection policy {kind} chooses {chosen!r}, which is none of the "
            f"{len(eligible)} passing checkpoints. Correct its method choose."
        )
    return choice


def worse_reason(result: CandidateResult, eligible: Sequence[CandidateResult]) -> str:
    """Says of one that is not tied with the best which other is significantly better."""
    by = next((other.label for other in eligible if other.name == result.beaten_by), "the best")
    return f"significantly worse than {by}"


def _not_best_reason(
    result: CandidateResult, best: CandidateResult, eligible: Sequence[CandidateResult]
) -> str:
    """Says why one of the eligible is not the best, and no more than the examples show."""
    if result.value == best.value:
        return f"equal to {best.label}" + (", which is earlier" if best.step < result.step else "")
    if result.in_best_set is None:
        return f"{best.label} has a better value"
    if result.in_best_set:
        return f"tied with {best.label}"
    return worse_reason(result, eligible)


def _loss(result: CandidateResult, direction: Direction) -> float:
    assert result.value is not None
    return direction.loss(result.value)


def _best(eligible: Sequence[CandidateResult], direction: Direction) -> CandidateResult:
    return min(eligible, key=lambda r: (_loss(r, direction), r.step))
