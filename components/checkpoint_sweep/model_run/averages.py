"""The request for averages of checkpoints, which a sweep evaluates beside the checkpoints."""

import dataclasses
import json
from collections.abc import Sequence

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.json_safe import parsing
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.model_run.average_weights import AverageWeights

_DEFAULT_TRIALS = 10
GREEDY_SOUP = "greedy-soup"


class AveragesError(UserError):
    """The averages that are asked for make no sense; the message says why."""


@dataclasses.dataclass(frozen=True)
class Averages:
    """Averages of checkpoints to evaluate as candidates, beside the checkpoints.

    >>> from checkpoint_sweep import Averages
    >>> Averages(last=(10, 5), greedy_soup=True).last
    (5, 10)
    >>> [average.name for average in Averages((5,), weights=("uniform", "cosine")).of(range(9))]
    ['average-last-5', 'average-last-5-cosine']

    Attributes:
        last: Numbers of checkpoints to average, each at least 2: for a number n, the last n
            checkpoints of the sweep that can be used.
        greedy_soup: Whether to average the checkpoints that are better together (Wortsman et al.,
            2022, arXiv:2203.05482, recipe 1): the eligible checkpoints in the order of their
            selection metric, each of which stays in the average if that does not make it worse.
        most_trials: Largest number of averages to evaluate on the way to the greedy soup, each
            in a pass of its own over the examples; at least 1.
        weights: Weights of the last checkpoints, one average for each: "uniform", "linear",
            growing to the newest, "cosine", as a decay of the learning rate by a cosine would
            have it, and "exponential", of each 0.8 of the next. `docs/bring-your-own.md` has the
            formulas.

    Raises:
        AveragesError: A number is not whole, too small, or there twice, or weights are unknown.
    """

    last: Sequence[int] = ()
    greedy_soup: bool = False
    most_trials: int = _DEFAULT_TRIALS
    weights: Sequence[str] = (AverageWeights.UNIFORM.value,)

    def __post_init__(self) -> None:
        if not isinstance(self.last, Sequence) or isinstance(self.last, str):
            raise AveragesError(f"last is {self.last!r}; it must be a list of whole numbers.")
        for count in self.last:
            if not _is_whole(count) or count < 2:
                raise AveragesError(
                    Words("last", "--average-last"),
                    f" has {count!r}; an average is of a whole number of checkpoints, at least 2.",
                )
        if len(set(self.last)) < len(self.last):
            raise AveragesError(
                Words("last", "--average-last"), f" is {list(self.last)}; name each number once."
            )
        if not isinstance(self.greedy_soup, bool):
            raise AveragesError(f"greedy_soup is {self.greedy_soup!r}; it must be true or false.")
        if not _is_whole(self.most_trials) or self.most_trials < 1:
            raise AveragesError(
                f"most_trials is {self.most_trials!r}; it must be a whole number, at least 1."
            )
        _check_weights(self.weights)
        object.__setattr__(self, "last", tuple(sorted(self.last)))
        known = [weights.value for weights in AverageWeights]
        object.__setattr__(self, "weights", tuple(sorted(self.weights, key=known.index)))

    def of(self, usable: Sequence[int]) -> "list[Ingredients]":
        """Lists the averages of the last checkpoints, by their number and by their weights.

        Args:
            usable: Steps of the checkpoints of the sweep that can be used, in any order.
        """
        return [
            last_checkpoints(count, usable, AverageWeights(weights))
            for count in self.last
            for weights in self.weights
        ]

    def to_json(self) -> str:
        """Returns the request as a component parameter; equal requests give equal text."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Averages":
        """Reads a request that `to_json` gave; attributes that are missing have their defaults.

        Raises:
            AveragesError: The text does not ask for averages.
        """
        with parsing(text, "averages", "Make it by Averages(...).to_json().", AveragesError):
            return cls(**json.loads(text))


@dataclasses.dataclass(frozen=True)
class Ingredients:
    """The ingredients of an average.

    Attributes:
        name: Name of the average, as a candidate.
        steps: Steps of the checkpoints, ascending.
        excluded_reason: Reason why it cannot be made of them; None if it can.
        weights: Weights of the checkpoints, which sum to 1; None for equal ones.
    """

    name: str
    steps: Sequence[int]
    excluded_reason: str | None = None
    weights: Sequence[float] | None = None


def last_checkpoints(
    count: int, usable: Sequence[int], weights: AverageWeights = AverageWeights.UNIFORM
) -> Ingredients:
    """Finds the ingredients of the average of the last `count` checkpoints.

    Args:
        count: Number of checkpoints, at least 2.
        usable: Steps of the checkpoints of the sweep that can be used, in any order.
        weights: Weights of the checkpoints.
    """
    is_uniform = weights is AverageWeights.UNIFORM
    name = f"average-last-{count}" + ("" if is_uniform else f"-{weights.value}")
    steps = sorted(usable)[-count:]
    if len(steps) == count:
        return Ingredients(name, steps, weights=None if is_uniform else weights.of(count))
    return Ingredients(name, steps, f"it needs {count} checkpoints, and there are {len(steps)}")


def _check_weights(given: object) -> None:
    """Checks the names of weights.

    Raises:
        AveragesError: One is unknown or there twice, or there is none.
    """
    known = [weights.value for weights in AverageWeights]
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise AveragesError(f"weights is {given!r}; it must be a list of {', '.join(known)}.")
    for name in given:
        if name not in known:
            raise AveragesError(
                Words("weights", "--average-weights"),
                f" has {name!r}; name some of {', '.join(known)}.",
            )
    if len(set(given)) < len(given):
        raise AveragesError(
            Words("weights", "--average-weights"), f" is {list(given)}; name each once."
        )


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
