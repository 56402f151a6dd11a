"""The rules by which checkpoints of a finished sweep are kept: pure functions of its verdicts."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict

_KNOWN = "best-set, best:N, every:N and latest:N"


class PruneError(UserError):
    """A run cannot be pruned; the message says why."""


class KeepRule(Protocol):
    """A rule that keeps checkpoints; its text is what options and plans have."""

    def steps(self, present: Sequence[int], decision: SweepVerdicts) -> Iterable[int]:
        """Lists the steps of the checkpoints to keep.

        Args:
            present: Steps of the checkpoints of the run, ascending.
            decision: Verdicts of the sweep.

        Raises:
            PruneError: The verdicts do not tell which.
        """


@dataclasses.dataclass(frozen=True)
class KeepBestSet:
    """Keeps what is tied with the best; of a tied average, the checkpoints in it."""

    def __str__(self) -> str:
        return "best-set"

    def steps(self, present: Sequence[int], decision: SweepVerdicts) -> Iterable[int]:
        """Lists the steps of the set."""
        if not decision.best_set:
            known = any(verdict.eligible for verdict in decision.verdicts)
            raise PruneError(
                "The sweep has no set of checkpoints that are tied with the best: ",
                "it has no standard errors. Keep best:N." if known else _none_passed(decision),
            )
        return [step for verdict in decision.best_set for step in ingredients(verdict)]


@dataclasses.dataclass(frozen=True)
class KeepBest:
    """Keeps the passing checkpoints with the best values; of equal ones the earlier.

    Attributes:
        count: Number of checkpoints, at least 1.
    """

    count: int

    def __str__(self) -> str:
        return f"best:{self.count}"

    def steps(self, present: Sequence[int], decision: SweepVerdicts) -> Iterable[int]:
        """Lists the steps of the best."""
        loss = decision.selection.direction.loss
        ranked = sorted(
            (loss(verdict.value), verdict.step)
            for verdict in decision.checkpoints
            if verdict.eligible and verdict.value is not None
        )
        if not ranked:
            raise PruneError("The sweep has no best checkpoint: ", _none_passed(decision))
        return [step for _, step in ranked[: self.count]]


@dataclasses.dataclass(frozen=True)
class KeepEvery:
    """Keeps the checkpoints whose step is a multiple of a number.

    Attributes:
        interval: The number, at least 1.
    """

    interval: int

    def __str__(self) -> str:
        return f"every:{self.interval}"

    def steps(self, present: Sequence[int], decision: SweepVerdicts) -> Iterable[int]:
        """Lists the steps that are multiples."""
        return [step for step in present if step % self.interval == 0]


@dataclasses.dataclass(frozen=True)
class KeepLatest:
    """Keeps the checkpoints of the largest steps.

    Attributes:
        count: Number of checkpoints, at least 1.
    """

    count: int

    def __str__(self) -> str:
        return f"latest:{self.count}"

    def steps(self, present: Sequence[int], decision: SweepVerdicts) -> Iterable[int]:
        """Lists the last steps."""
        return present[-self.count :]


def keep_rules(given: Iterable[str]) -> list[KeepRule]:
    """Reads rules, several of which may be in one text.

    >>> [str(rule) for rule in keep_rules(["best-set,every:1000", "latest:2"])]
    ['best-set', 'every:1000', 'latest:2']

    Args:
        given: Rules, those in one text separated by commas.

    Raises:
        PruneError: One is no rule, or there is none.
    """
    texts = [text.strip() for one in given for text in one.split(",")]
    if not texts:
        raise PruneError("Say what to keep by ", _KEEP, f": {_KNOWN}.")
    return [_rule(text) for text in texts]


def ingredients(verdict: Verdict) -> Sequence[int]:
    """Lists the steps that a candidate is made of: its own, or those of the average."""
    return verdict.averaged if verdict.averaged is not None else (verdict.step,)


_KEEP = Words("keep", "--keep")


def _rule(text: str) -> KeepRule:
    name, colon, number = text.partition(":")
    if text == "best-set":
        return KeepBestSet()
    of_number: Mapping[str, Callable[[int], KeepRule]] = {
        "best": KeepBest,
        "every": KeepEvery,
        "latest": KeepLatest,
    }
    if name not in of_number or not colon:
        raise PruneError(_KEEP, f" has {text!r}, which is no rule. Name some of {_KNOWN}.")
    if not (number.isascii() and number.isdecimal()) or int(number) < 1:
        raise PruneError(_KEEP, f" has {text!r}; its number must be whole, and at least 1.")
    return of_number[name](int(number))


def _none_passed(decision: SweepVerdicts) -> str:
    return f"{decision.reason.rstrip('.')}. Keep every:N or latest:N."
