"""A report as a table: one row for each candidate, slice and metric."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from checkpoint_sweep.report.document import Report, slice_title

COLUMNS = (
    "candidate",
    "step",
    "averaged",
    "chosen",
    "eligible",
    "slice",
    "metric",
    "value",
    "standard_error",
    "low",
    "high",
    "baseline",
    "change",
    "change_standard_error",
    "change_low",
    "change_high",
)


def rows(report: Report) -> Iterator[tuple[Any, ...]]:
    """By candidate, slice and metric, those without a value left out.

    What is not known is None: the interval without one, and what concerns a baseline without one.
    """
    intervals, changes = (
        {(u["candidate"], u["slice"], u["metric"]): u for u in report[kind]}
        for kind in ("intervals", "changes")
    )
    chosen = report["decision"]["chosen"] if report["decision"] else None
    titles = [slice_title(where) for where in report["slices"]]
    baseline = report["baseline"]
    for candidate in report["candidates"]:
        name = candidate["name"]
        verdict = candidate["verdict"]
        averaged = candidate["averaged"]
        first = (
            name,
            candidate["step"],
            " ".join(map(str, averaged)) if averaged is not None else None,
            None if report["decision"] is None else name == chosen,
            verdict["eligible"] if verdict else None,
        )
        for s, row in enumerate(report["values"].get(name, ())):
            for m, value in enumerate(row):
                if value is None:
                    continue
                own: Any = intervals.get((name, s, m), {})
                change: Any = changes.get((name, s, m), {})
                old = baseline[s][m] if baseline else None
                yield (
                    *first,
                    titles[s],
                    report["metrics"][m]["metric"],
                    value,
                    *(own.get(key) for key in ("standard_error", "low", "high")),
                    old,
                    None if old is None else value - old,
                    *(change.get(key) for key in ("standard_error", "low", "high")),
                )


def to_csv(report: Report) -> str:
    """With a header; what is not known is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(report))
    return text.getvalue()
