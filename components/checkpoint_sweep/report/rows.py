"""A report as a table: one row for each candidate, slice and metric."""

import csv
import io
import math
from collections.abc import Iterator
from typing import NamedTuple

from checkpoint_sweep.common.json_safe import finite_or_none
from checkpoint_sweep.report.document import Candidate, Report, Table, Uncertainty

# What spreadsheets take for the beginning of a formula.
_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_UNKNOWN = Uncertainty("", 0, 0, math.nan, None, None, None, None)


class Row(NamedTuple):
    """A number of the report; what is not known is None.

    Attributes:
        candidate: Name of the candidate.
        step: Training step of the candidate.
        averaged: Steps in an average, with spaces between them; None for a checkpoint.
        chosen: Whether the candidate is the chosen one.
        eligible: Whether the candidate may be chosen.
        slice: Name of the slice.
        metric: Name of the metric.
        value: Value of the metric.
        standard_error: Standard error of the value.
        low: Lower end of the interval of the value.
        high: Upper end of the interval of the value.
        baseline: Value of the baseline.
        change: Value less that of the baseline.
        change_standard_error: Standard error of the change.
        change_low: Lower end of the interval of the change.
        change_high: Upper end of the interval of the change.
        rarer_label: Number of examples of the slice with the rarer of the labels 0 and 1.
        supported: Whether the value says something: a number, and of enough examples of each class
            where the metric needs both.
        split: Split of the examples: the one that chooses, or another; "" if it is not known.
        run: Name of the run in a sweep of several; None in a sweep of one, whose tables have no
            such column.
    """

    candidate: str
    step: int
    averaged: str | None
    chosen: bool | None
    eligible: bool | None
    slice: str
    metric: str
    value: float | None
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    change: float | None = None
    change_standard_error: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    rarer_label: int | None = None
    supported: bool = True
    split: str = ""
    run: str | None = None


def rows(report: Report) -> Iterator[Row]:
    """Yields the numbers by candidate, slice and metric; a value that is not finite is None.

    Those of the split that chooses come first. Of another, only values are known.
    """
    intervals, changes = (
        {error.key: error for error in errors} for errors in (report.intervals, report.changes)
    )
    slices, metrics = (list(map(str, names)) for names in (report.slices, report.metrics))
    for candidate in report.candidates:
        row = _row(report, candidate, report.choosing_split)
        for s, m, value in _numbers(report.values.get(candidate.name, ())):
            own = intervals.get((candidate.name, s, m), _UNKNOWN)
            change = changes.get((candidate.name, s, m), _UNKNOWN)
            baseline = report.baseline[s][m] if report.baseline else None
            yield row._replace(
                slice=slices[s],
                metric=metrics[m],
                value=finite_or_none(value),
                standard_error=own.standard_error,
                low=own.low,
                high=own.high,
                baseline=finite_or_none(baseline),
                change=None if baseline is None else finite_or_none(value - baseline),
                change_standard_error=change.standard_error,
                change_low=change.low,
                change_high=change.high,
                rarer_label=report.rarer_labels[s] if report.rarer_labels else None,
                supported=report.is_supported(s, m, value),
            )
    candidates = {candidate.name: candidate for candidate in report.candidates}
    for split in report.splits:
        for name in (name for name in split.values if name in candidates):
            row = _row(report, candidates[name], split.name)
            for s, m, value in _numbers(split.values[name]):
                known, supported = finite_or_none(value), math.isfinite(value)
                yield row._replace(
                    slice=slices[s], metric=metrics[m], value=known, supported=supported
                )


def _row(report: Report, candidate: Candidate, split: str) -> Row:
    """Makes the row of a candidate, without a slice, a metric and a value."""
    return Row(
        candidate=candidate.name,
        step=candidate.step,
        averaged=None if candidate.averaged is None else " ".join(map(str, candidate.averaged)),
        chosen=candidate is report.chosen if report.decision else None,
        eligible=candidate.verdict.eligible if candidate.verdict else None,
        slice="",
        metric="",
        value=None,
        split=split,
        run=candidate.run,
    )


def _numbers(table: Table) -> Iterator[tuple[int, int, float]]:
    """Yields the numbers that a table has, with the positions of their slices and metrics."""
    for s, numbers in enumerate(table):
        yield from ((s, m, value) for m, value in enumerate(numbers) if value is not None)


def columns(report: Report) -> list[str]:
    """Names the columns of a table of the rows: `run` is one in a sweep of several runs."""
    has_runs = any(candidate.run is not None for candidate in report.candidates)
    return [name for name in Row._fields if name != "run" or has_runs]


def to_csv(report: Report) -> str:
    """Writes the rows with a header; what is not known is empty."""
    names = columns(report)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(getattr(row, name)) for name in names] for row in rows(report))
    return text.getvalue()


def _cell(value: object) -> object:
    """Makes text that a spreadsheet would take for a formula into text that it shows."""
    if isinstance(value, str) and value.startswith(_OF_FORMULAS):
        return f"'{value}"
    return value
