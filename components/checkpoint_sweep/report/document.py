"""What a report holds: plain data, as it stands in `report.json`; docs/report.md explains it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

REPORT_JSON = "report.json"
REPORT_HTML = "report.html"
METRICS_CSV = "metrics.csv"
TFMA_HTML = "tfma.html"
# Of the form of report.json. Readers refuse others.
VERSION = 1

# A slice by its features and their values as text, sorted; empty for all examples.
Slice = tuple[tuple[str, str], ...]


class MetricInfo(TypedDict):
    """A metric: its full name, and the parts of it."""

    metric: str
    output_name: str
    sub_key: str
    name: str


class Candidate(TypedDict):
    """A checkpoint, or an average of some."""

    name: str
    label: str
    step: int
    averaged: list[int] | None
    status: str
    reason: str | None
    seconds: float
    reused: bool
    examples: int | None
    non_finite: int | None
    verdict: dict[str, Any] | None


class Uncertainty(TypedDict):
    """The standard error and the interval of a value, or of its change against the baseline."""

    candidate: str
    slice: int
    metric: int
    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    caution: str | None


class Threshold(TypedDict):
    """A bound, on slices of some features (`where`; values of None are all), or overall."""

    metric: str
    slice: dict[str, str | None]
    kind: str
    lower: float | None
    upper: float | None
    absolute: float | None
    relative: float | None


class Decision(TypedDict):
    """What was chosen, and why."""

    chosen: str | None
    blessed: bool
    reason: str
    best_set: list[str]
    selection: dict[str, Any]


class Losses(TypedDict):
    """Losses that the training logged for TensorBoard: pairs of step and value, by name."""

    training: list[tuple[int, float]]
    evaluation: list[tuple[int, float]]


class Report(TypedDict):
    """All of it. `values` is indexed by candidate, slice and metric; None where there is none."""

    version: int
    decision: Decision | None
    metrics: list[MetricInfo]
    slices: list[list[list[str]]]
    candidates: list[Candidate]
    values: dict[str, list[list[float | None]]]
    baseline: list[list[float | None]] | None
    intervals: list[Uncertainty]
    changes: list[Uncertainty]
    thresholds: list[Threshold]
    plots: dict[str, list[dict[str, Any]]]
    losses: Losses
    made: dict[str, Any]


def slice_title(where: Sequence[Sequence[str]]) -> str:
    """What a slice is called: its features and values, or "overall"."""
    return ", ".join(f"{feature}={value}" for feature, value in where) or "overall"


def full_name(output_name: str, name: str, sub_key: str) -> str:
    """A metric as selections and verdicts print it."""
    return "/".join(part for part in (output_name, name, sub_key) if part)


def selected(report: Report) -> tuple[int, int] | None:
    """The slice and the metric that candidates were chosen by, as indices; None if unknown."""
    if report["decision"] is None:
        return None
    selection = report["decision"]["selection"]
    wanted = [selection.get(key) or "" for key in ("output_name", "sub_key", "metric")]
    where = sorted([key, str(value)] for key, value in (selection.get("slice") or {}).items())
    metric = next(
        (
            index
            for index, info in enumerate(report["metrics"])
            if [info["output_name"], info["sub_key"], info["name"]] == wanted
        ),
        None,
    )
    if metric is None or where not in report["slices"]:
        return None
    return report["slices"].index(where), metric


def number(value: float | None) -> float | None:
    """The value if it is a finite number, otherwise None."""
    return value if value is not None and math.isfinite(value) else None


def with_numbers(content: Mapping[str, Any]) -> Report:
    """What was read from `report.json`: NaN and the infinities are texts in it.

    Raises:
        ValueError: it is of another version.
    """
    if content.get("version") != VERSION:
        raise ValueError(
            f"The report is of version {content.get('version')!r}, and this library reads "
            f"version {VERSION}."
        )
    report: Any = dict(content)
    report["values"] = {name: _numbers(table) for name, table in content["values"].items()}
    if content["baseline"] is not None:
        report["baseline"] = _numbers(content["baseline"])
    return report


def _numbers(table: Sequence[Sequence[Any]]) -> list[list[float | None]]:
    return [[None if cell is None else float(cell) for cell in row] for row in table]
