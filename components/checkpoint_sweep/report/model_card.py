"""The model card of a model that was evaluated: a pure function from plain data to Markdown."""

import dataclasses
import math
import re
from collections.abc import Iterator, Sequence

from checkpoint_sweep.selection.formatting import plus_minus

# A larger table is for a report.
MOST_ROWS = 60
MOST_COLUMNS = 8
# Of fewer examples little can be said.
FEW = 100
_SPECIAL = re.compile(r"([\\`*{}\[\]#|~]|(?<!\w)_|_(?!\w))")


@dataclasses.dataclass(frozen=True)
class Measured:
    """One metric on one slice.

    Attributes:
        metric: its name.
        slice: as it is shown; "" for all examples.
        value: of the model.
        examples: in the slice; None where they were not counted.
        half_width: of the interval; None where it is not known.
        caution: why the interval is not to be trusted; None if it is.
        change: against the baseline; None without one.
        change_half_width: of its interval.
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
    """What a model card says.

    Attributes:
        blessed: whether the model may be shipped.
        reason: why.
        origin: which checkpoint the model is, or the average of which; "" where not known.
        choice: how it was chosen; "" where not known.
        splits: names of the splits that it was measured on.
        examples: how many they are; None where they were not counted.
        label: the feature that it predicts; "" where the config does not say.
        baseline: whether it was compared with a model that was blessed before.
        measured: every metric on every slice, all examples first.
        demands: the thresholds, a line each.
        missed: the thresholds that it missed, a line each.
        level: of the intervals.
        versions: by name, of what evaluated it.
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
    demands: Sequence[str]
    missed: Sequence[str]
    level: float
    versions: Sequence[tuple[str, str]]


def model_card(card: Card) -> str:
    """The card as Markdown; what comes from the data stays text in it."""
    return "\n".join(line for part in _parts(card) for line in (*part, ""))


def _parts(card: Card) -> Iterator[list[str]]:
    yield ["# Model card"]
    word = "BLESSED" if card.blessed else "NOT BLESSED"
    yield [f"**{word}**: {_text(card.reason)}"]
    if card.origin or card.choice:
        yield ["## The model"]
        yield [f"- {_text(line)}" for line in (card.origin, card.choice) if line]
    yield ["## The data"]
    yield [f"- {line}" for line in _data(card)]
    yield ["## Metrics on all examples"]
    yield _overall([row for row in card.measured if not row.slice], card.baseline)
    if by_slice := [row for row in card.measured if row.slice]:
        yield ["## Metrics by slice"]
        yield from _by_slice(by_slice, card.baseline)
    yield ["## Thresholds"]
    demands = [f"- {_text(line)}" for line in card.demands]
    yield demands or ["None: nothing was demanded of the model."]
    if card.missed:
        yield ["Missed:"]
        yield [f"- {_text(line)}" for line in card.missed]
    yield ["## Limits"]
    yield [f"- {line}" for line in _limits(card)]
    yield ["## Made with"]
    yield [f"- {name} {version}" for name, version in card.versions]


def _data(card: Card) -> Iterator[str]:
    of = "" if card.examples is None else f", {card.examples:,} examples"
    yield f"Measured on the split {', '.join(map(_text, card.splits))}{of}."
    if card.label:
        yield f"Predicts {_text(card.label)}."
    if card.baseline:
        yield "Compared with the model that was blessed before, on the same examples."
    else:
        yield "Compared with no other model."


def _overall(rows: Sequence[Measured], baseline: bool) -> list[str]:
    head = ["metric", "value", *(["change against the baseline"] if baseline else [])]
    lines = [_row(head), _row(["---"] * len(head))]
    for row in rows:
        cells = [_text(row.metric), _number(row.value, row.half_width)]
        cells += [_number(row.change, row.change_half_width)] if baseline else []
        lines.append(_row(cells))
    return lines


def _by_slice(rows: Sequence[Measured], baseline: bool) -> Iterator[list[str]]:
    """A row for each slice, a column for each metric, those with intervals first."""
    sure = dict.fromkeys(row.metric for row in rows if row.half_width is not None)
    names = list({**sure, **dict.fromkeys(row.metric for row in rows)})
    slices = list(dict.fromkeys(row.slice for row in rows))
    found = {(row.slice, row.metric): row for row in rows}
    head = ["slice", "examples", *map(_text, names[:MOST_COLUMNS])]
    lines = [_row(head), _row(["---"] * len(head))]
    for where in slices[:MOST_ROWS]:
        of = [found.get((where, name)) for name in names[:MOST_COLUMNS]]
        count = next((row.examples for row in of if row and row.examples is not None), None)
        cells = [_cell(row, baseline) for row in of]
        lines.append(_row([_text(where), "" if count is None else f"{count:,}", *cells]))
    yield lines
    left = len(slices) - MOST_ROWS, len(names) - MOST_COLUMNS
    if max(left) > 0:
        more = [
            f"{n} more {kind}" for n, kind in zip(left, ("slices", "metrics"), strict=True) if n > 0
        ]
        yield [f"The results of the evaluation have {' and '.join(more)}."]


def _cell(row: Measured | None, baseline: bool) -> str:
    if row is None:
        return ""
    text = _number(row.value, row.half_width)
    if baseline and row.change is not None:
        text += f" (change {_number(row.change, row.change_half_width)})"
    return text


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, half_width: float | None) -> str:
    if value is None:
        return ""
    return plus_minus(value, half_width) if math.isfinite(value) else "no value"


def _limits(card: Card) -> Iterator[str]:
    yield (
        f"± is half an interval at {card.level:.0%}, for each number by itself: of many, some "
        "miss the true value by chance. Numbers without it were not examined for chance."
    )
    yield "All of it holds for data like those of the split, and says nothing of others."
    cautions = {row.caution for row in card.measured if row.caution}
    yield from (f"{_text(caution[0].upper() + caution[1:])}." for caution in sorted(cautions))
    few = {row.slice for row in card.measured if row.slice and (row.examples or FEW) < FEW}
    if few:
        yield f"{len(few)} slices have fewer than {FEW} examples: {_names(few)}."
    if empty := {row.slice for row in card.measured if row.slice and not math.isfinite(row.value)}:
        yield f"Some metric has no value on {len(empty)} slices: {_names(empty)}."


def _names(slices: set[str], most: int = 5) -> str:
    names = sorted(slices)
    left = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(_text, names[:most])) + left


def _text(text: str) -> str:
    """Text that Markdown neither formats nor takes for HTML."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", plain)
