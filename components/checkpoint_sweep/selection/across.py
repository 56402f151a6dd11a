"""Several slices in one choice: their mean, their weighted mean, or the worst of them."""

import contextlib
import dataclasses
import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.common.names import SliceName
from checkpoint_sweep.common.text import some
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection.formula import Formula

_NAMED = 3  # Slices in a title.
_OPTION = Words("Across", "--across")
_COMBINE = Words("Across", "--combine")


class Combine(enum.Enum):
    """Says what the values of several slices come to.

    >>> from checkpoint_sweep import Across, Combine
    >>> str(Across(features=("language",), combine=Combine.WORST))
    'the worst language'

    MEAN: Their mean, or the weighted one. WORST: The worst of them.
    """

    MEAN = "mean"
    WORST = "worst"


@dataclasses.dataclass(frozen=True)
class Across:
    """Names the slices over which a choice is made, and what their values come to.

    >>> from checkpoint_sweep import Across, Selection
    >>> str(Selection("auc", across=Across(features=("language",), weights="example_count")))
    'auc, mean over every language by example_count'

    Attributes:
        features: Features, for every slice by just these; empty where slices are named.
        slices: Feature values of each slice; empty where features are named.
        combine: What the values come to.
        weights: Weights of a mean: one for each of `slices`, or the name of a metric whose value
            on a slice is its weight, such as ``"example_count"``. Empty for equal ones.

    Raises:
        SelectionError: Neither features nor slices are named, or both; or the weights do not fit.
    """

    features: tuple[str, ...] = ()
    slices: tuple[Mapping[str, str | int | float], ...] = ()
    combine: Combine = Combine.MEAN
    weights: tuple[float, ...] | str = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "combine", Combine(self.combine))
        if bool(self.features) == bool(self.slices):
            raise _refusal(
                _OPTION, " takes either features, for every slice by them, or named slices."
            )
        if len(set(self.named)) < len(self.slices):
            raise _refusal(_OPTION, " names a slice twice. Name it once.")
        if self.weights and self.combine is Combine.WORST:
            raise _refusal(_COMBINE, ": the worst slice has no weight. Take the mean.")
        if isinstance(self.weights, str) or not self.weights:
            return
        fits = len(self.weights) == len(self.slices)
        if not fits or not all(0 < weight < math.inf for weight in self.weights):
            raise _refusal(
                _COMBINE,
                f" has the weights {', '.join(f'{weight:g}' for weight in self.weights)} for "
                f"{len(self.slices)} named slices. Give each of these one above 0.",
            )

    @property
    def named(self) -> list[SliceName]:
        """The slices that are named, in their order."""
        return [SliceName.of(given.items()) for given in self.slices]

    @property
    def patterns(self) -> list[tuple[tuple[str, str | None], ...]]:
        """The features of each kind of slice, sorted, with their values; None for any value."""
        if self.features:
            return [tuple((feature, None) for feature in sorted(self.features))]
        return [tuple(name) for name in self.named]

    def of(self, known: Iterable[SliceName]) -> list[SliceName]:
        """Selects the slices that are combined; those that are named whether known or not.

        Args:
            known: Slices of an evaluation.
        """
        if self.slices:
            return self.named
        return sorted({name for name in known if sorted(self.features) == list(name.features)})

    def __str__(self) -> str:
        if self.features:
            what = "/".join(self.features)
            over = f"every {what}"
        else:
            what = over = some([str(name) for name in self.named], _NAMED)
        if self.combine is Combine.WORST:
            return f"the worst {what}" if self.features else f"the worst of {what}"
        if isinstance(self.weights, str):
            return f"mean over {over} by {self.weights}"
        if self.weights:
            shown = ", ".join(f"{weight:g}" for weight in self.weights)
            return f"mean over {over} by the weights {shown}"
        return f"mean over {over}"

    def to_dict(self) -> Json:
        """Returns the fields as JSON-like data."""
        return {
            "features": list(self.features),
            "slices": [dict(sorted(given.items())) for given in self.slices],
            "combine": self.combine.value,
            "weights": self.weights if isinstance(self.weights, str) else list(self.weights),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Across":
        """Returns what `to_dict` gave; absent keys have their defaults.

        Raises:
            SelectionError, KeyError, TypeError, ValueError: The content is something else.
        """
        weights = content.get("weights") or ()
        return cls(
            tuple(map(str, content.get("features") or ())),
            tuple(map(dict, content.get("slices") or ())),
            Combine(content.get("combine", Combine.MEAN.value)),
            weights if isinstance(weights, str) else tuple(map(float, weights)),
        )


def _refusal(*parts: str | Words) -> UserError:
    """Makes a `SelectionError`; its module takes NumPy, which what reads a selection does not."""
    from checkpoint_sweep.selection.policies import SelectionError

    return SelectionError(*parts)


def title(formula: Formula, across: Across | None) -> str:
    """Names what decides.

    >>> title(Formula.of_metric("head/auc"), Across(features=("language",)))
    'head/auc, mean over every language'

    Args:
        formula: Formula of metrics.
        across: Slices that are combined; None for one.
    """
    text = formula.names[0] if formula.is_one_metric else formula.text
    return f"{text}, {across}" if across else text


def parse_across(slices: Sequence[str], combine: str) -> Across:
    """Makes an `Across` of the options `--across` and `--combine`.

    >>> parse_across(["language=de", "language=fr,hour=9"], "mean:0.7,0.3").weights
    (0.7, 0.3)

    Args:
        slices: Features with "," between them, or slices as FEATURE=VALUE with "," between them.
        combine: "mean", "worst", or "mean:" and numbers with "," between them, or a metric.

    Raises:
        SelectionError: They are none, or do not fit each other.
    """
    kind, _, weights = combine.partition(":")
    if kind not in [known.value for known in Combine]:
        raise _refusal(
            f"Unknown --combine={combine}. Name mean, worst, or the weights of a mean, such as "
            "mean:0.7,0.3 or mean:example_count."
        )
    by: tuple[float, ...] | str = weights or ()
    with contextlib.suppress(ValueError):  # Else the name of a metric.
        by = tuple(map(float, weights.split(","))) if weights else ()
    if len(slices) == 1 and "=" not in slices[0]:
        return Across(tuple(slices[0].split(",")), (), Combine(kind), by)
    named: list[dict[str, str]] = []
    for text in slices:
        pairs = [pair.partition("=") for pair in text.split(",")]
        if not all(all(pair) for pair in pairs):
            raise _refusal(
                f"--across={text} is no slice. Write FEATURE=VALUE, with a comma between several "
                "features, or once FEATURE for every value of it."
            )
        named.append({feature: value for feature, _, value in pairs})
    return Across((), tuple(named), Combine(kind), by)
