"""The model card of a model that was evaluated: a pure function from plain data to Markdown."""

import dataclasses
import functools
import importlib.resources
import math
import re
from collections.abc import Iterable, Sequence

import jinja2

from checkpoint_sweep.common import templates
from checkpoint_sweep.common.text import some
from checkpoint_sweep.selection.formatting import plus_minus

# A larger table is for a report.
MOST_ROWS = 60
MOST_COLUMNS = 8
# Of fewer examples little can be said.
FEW = 100
_NAMED = 5
_SPECIAL = re.compile(r"([\\`*{}\[\]#|~]|(?<!\w)_|_(?!\w))")
_TEMPLATE = importlib.resources.files("checkpoint_sweep.report") / "templates" / "model_card.md"


@dataclasses.dataclass(frozen=True)
class Measured:
    """One metric on one slice.

    Attributes:
        metric: Name of the metric.
        slice: Name of the slice; "" for all examples.
        value: Value of the model.
        examples: Number of examples in the slice; None where they were not counted.
        half_width: Half the width of the interval; None where it is not known.
        caution: Why the interval is not to be trusted; None if it is.
        change: Change against the baseline; None without one.
        change_half_width: Half the width of the interval of the change; None where not known.
    """

    metric: str
    slice: str
    value: float
    examples: int | None = None
    half_width: float | None = None
    caution: str | None = None
    change: float | None = None
    change_half_width: float | None = None


@dataclasses.dataclass(frozen=True)
class Card:
    """The content of a model card.

    Attributes:
        blessed: Whether the model may be shipped.
        reason: Why it may, or may not.
        origin: Checkpoint that the model is, or average of checkpoints; "" where not known.
        choice: Sentence on how it was chosen; "" where not known.
        splits: Names of the splits that it was measured on.
        examples: Number of examples; None where they were not counted.
        label: Feature that it predicts; "" where the config does not say.
        baseline: Whether it was compared with a model that was blessed before.
        measured: Every metric on every slice, all examples first.
        thresholds: Thresholds, a line each.
        missed: Thresholds that it missed, a line each.
        level: Level of the intervals.
        versions: Names and versions of what evaluated it.
        made: Pipeline, run and date, as labels and texts.
    """

    blessed: bool
    reason: str
    origin: str
    choice: str
    splits: Sequence[str]
    examples: int | None
    label: str
    baseline: bool
    measured: Sequence[Measured]
    thresholds: Sequence[str]
    missed: Sequence[str]
    level: float
    versions: Sequence[tuple[str, str]]
    made: Sequence[tuple[str, str]] = ()

    @property
    def overall(self) -> list[Measured]:
        """The metrics on all examples."""
        return [row for row in self.measured if not row.slice]

    @property
    def by_slice(self) -> list[Measured]:
        """The metrics on slices."""
        return [row for row in self.measured if row.slice]

    @property
    def cautions(self) -> list[str]:
        """Why intervals are not to be trusted, each a sentence without its full stop."""
        cautions = {row.caution for row in self.measured if row.caution}
        return [caution[0].upper() + caution[1:] for caution in sorted(cautions)]

    @property
    def few(self) -> set[str]:
        """The slices of few examples."""
        return {row.slice for row in self.by_slice if (row.examples or FEW) < FEW}

    @property
    def without_value(self) -> set[str]:
        """The slices on which a metric has no value."""
        return {row.slice for row in self.by_slice if not math.isfinite(row.value)}


@dataclasses.dataclass(frozen=True)
class _SliceRow:
    """A row of the table by slice: a cell for each metric, None where there is none."""

    slice: str
    examples: int | None
    cells: Sequence[Measured | None]


@dataclasses.dataclass(frozen=True)
class _SliceTable:
    """The table by slice, and how many slices and metrics are not in it."""

    metrics: Sequence[str]
    rows: Sequence[_SliceRow]
    more: Sequence[str]


def model_card(card: Card) -> str:
    """Renders the card as Markdown; what comes from the data stays text in it."""
    return _template().render(card=card, table=_slice_table(card.by_slice), few=FEW)


def _slice_table(measured: Sequence[Measured]) -> _SliceTable:
    """Makes a row for each slice, a column for each metric, those with intervals first."""
    sure = dict.fromkeys(row.metric for row in measured if row.half_width is not None)
    metrics = list({**sure, **dict.fromkeys(row.metric for row in measured)})
    slices = list(dict.fromkeys(row.slice for row in measured))
    found = {(row.slice, row.metric): row for row in measured}
    rows = []
    for name in slices[:MOST_ROWS]:
        cells = [found.get((name, metric)) for metric in metrics[:MOST_COLUMNS]]
        count = next((c.examples for c in cells if c and c.examples is not None), None)
        rows.append(_SliceRow(name, count, cells))
    left = {"slices": len(slices) - MOST_ROWS, "metrics": len(metrics) - MOST_COLUMNS}
    more = [f"{count} more {kind}" for kind, count in left.items() if count > 0]
    return _SliceTable(metrics[:MOST_COLUMNS], rows, more)


@functools.cache
def _template() -> jinja2.Template:
    environment = templates.environment()
    environment.tests["finite"] = math.isfinite
    environment.filters |= {
        "plain": _plain,
        "names": _names,
        "plus_minus": plus_minus,
        "grouped": lambda count: "" if count is None else f"{count:,}",
    }
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))


def _names(slices: Iterable[str]) -> str:
    return some([_plain(name) for name in sorted(slices)], _NAMED)


def _plain(text: str) -> str:
    """Escapes text, so that Markdown neither formats it nor takes it for HTML."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", plain)
