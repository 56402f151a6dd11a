"""A report as a table: one row for each candidate, slice and metric."""

import csv
import io
import math
from collections.abc import Iterator
from typing import NamedTuple

from checkpoint_sweep.common.json_safe import finite_or_none
from checkpoint_sweep.report.document import Report
from checkpoint_sweep.report.support import is_supported

# What spreadsheets take for the beginning of a formula.
_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


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
    chosen = report.chosen
    for candidate in report.candidates:
        averaged = candidate.averaged
        for s, numbers in enumerate(report.values.get(candidate.name, ())):
            for m, value in enumerate(numbers):
                if value is None:
                    continue
                own = intervals.get((candidate.name, s, m))
                change = changes.get((candidate.name, s, m))
                baseline = report.baseline[s][m] if report.baseline else None
                yield Row(
                    candidate=candidate.name,
                    step=candidate.step,
                    averaged=" ".join(map(str, averaged)) if averaged is not None else None,
                    chosen=candidate is chosen if report.decision else None,
                    eligible=candidate.verdict.eligible if candidate.verdict else None,
                    slice=slices[s],
                    metric=metrics[m],
                    value=finite_or_none(value),
                    standard_error=own.standard_error if own else None,
                    low=own.low if own else None,
                    high=own.high if own else None,
                    baseline=finite_or_none(baseline),
                    change=None if baseline is None else finite_or_none(value - baseline),
                    change_standard_error=change.standard_error if change else None,
                    change_low=change.low if change else None,
                    change_high=change.high if change else None,
                    rarer_label=report.rarer_labels[s] if report.rarer_labels else None,
                    supported=is_supported(report, s, m, value),
                    split=report.choosing_split,
                    run=candidate.run,
                )
    yield from _of_other_splits(report)


def _of_other_splits(report: Report) -> Iterator[Row]:
    candidates = {candidate.name: candidate for candidate in report.candidates}
    for split in report.splits:
        for name, table in split.values.items():
            if (candidate := candidates.get(name)) is None:
                continue
            averaged, verdict = candidate.averaged, candidate.verdict
            for slice_name, numbers in zip(report.slices, table, strict=True):
                for metric, value in zip(report.metrics, numbers, strict=True):
                    if value is not None:
                        yield Row(
                            candidate=name,
                            step=candidate.step,
                            averaged=None if averaged is None else " ".join(map(str, averaged)),
                            chosen=candidate is report.chosen if report.decision else None,
                            eligible=verdict.eligible if verdict else None,
                            slice=str(slice_name),
                            metric=str(metric),
                            value=finite_or_none(value),
                            supported=math.isfinite(value),
                            split=split.name,
                            run=candidate.run,
                        )


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
