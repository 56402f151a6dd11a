"""The rules by which checkpoints of a finished sweep are kept: pure functions of its verdicts."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict

_KEEP = Words("keep", "--keep")
_KNOWN = "best-set, best:N, every:N and latest:N"


class PruneError(UserError):
    """A run cannot be pruned; the message says why."""


@dataclasses.dataclass(frozen=True)
class KeepRule:
    """A rule that keeps checkpoints.

    Attributes:
        text: Rule as options and plans have it.
        steps: Function that lists the steps of the checkpoints to keep, of the steps of those of
            the run, ascending, and the verdicts of the sweep. It raises PruneError where these do
            not tell which.
    """

    text: str
    steps: Callable[[Sequence[int], SweepVerdicts], Iterable[int]]

    def __str__(self) -> str:
        return self.text


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


def _rule(text: str) -> KeepRule:
    name, colon, number = text.partition(":")
    if text == "best-set":
        return KeepRule(text, _of_best_set)
    of_number = {"best": _best, "every": _multiples, "latest": _latest}
    if name not in of_number or not colon:
        raise PruneError(_KEEP, f" has {text!r}, which is no rule. Name some of {_KNOWN}.")
    if not (number.isascii() and number.isdecimal()) or int(number) < 1:
        raise PruneError(_KEEP, f" has {text!r}; its number must be whole, and at least 1.")
    return KeepRule(f"{name}:{int(number)}", functools.partial(of_number[name], int(number)))


def _of_best_set(present: Sequence[int], found: SweepVerdicts) -> Iterable[int]:
    """Keeps what is tied with the best; of a tied average, the checkpoints in it."""
    if not found.best_set:
        known = any(verdict.eligible for verdict in found.verdicts)
        raise PruneError(
            "The sweep has no set of checkpoints that are tied with the best: ",
            "it has no standard errors. Keep best:N." if known else _none_passed(found),
        )
    return [step for verdict in found.best_set for step in ingredients(verdict)]


def _best(count: int, present: Sequence[int], found: SweepVerdicts) -> Iterable[int]:
    """Keeps the passing checkpoints with the best values; of equal ones the earlier."""
    ranked = sorted(
        (found.selection.direction.loss(verdict.value), verdict.step)
        for verdict in found.checkpoints
        if verdict.eligible and verdict.value is not None
    )
    if not ranked:
        raise PruneError("The sweep has no best checkpoint: ", _none_passed(found))
    return [step for _, step in ranked[:count]]


def _multiples(interval: int, present: Sequence[int], found: SweepVerdicts) -> Iterable[int]:
    """Keeps the checkpoints whose step is a multiple of a number."""
    return [step for step in present if step % interval == 0]


def _latest(count: int, present: Sequence[int], found: SweepVerdicts) -> Iterable[int]:
    """Keeps the checkpoints of the largest steps."""
    return present[-count:]


def _none_passed(found: SweepVerdicts) -> str:
    return f"{found.reason.rstrip('.')}. Keep every:N or latest:N."
