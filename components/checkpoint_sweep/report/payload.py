"""What the page's scripts get of a report: as little as they need."""

from collections.abc import Mapping
from typing import Any

from checkpoint_sweep.report.document import Report, selected, slice_title

# More digits than a reader can see; beyond them numbers are noise that takes space.
_DIGITS = 7
# So many numbers take 2 MB of a page.
MOST_VALUES = 250_000
_COUNTS = ("example_count", "weighted_example_count")


def payload(report: Report, most: int = MOST_VALUES) -> dict[str, Any]:
    """Plain data with rounded numbers.

    Args:
        report: the whole.
        most: numbers by candidate, slice and metric; beyond it, metrics other than those that
            decide are only given on all examples. `metrics_left_out` counts them.
    """
    at = selected(report)
    everywhere = _metrics_everywhere(report, most, at[1] if at else None)
    cut = {
        name: [
            [cell if s == 0 or m in everywhere else None for m, cell in enumerate(row)]
            for s, row in enumerate(table)
        ]
        for name, table in report["values"].items()
    }
    whole: Mapping[str, Any] = {
        "decision": report["decision"],
        "selected": {"slice": at[0], "metric": at[1]} if at else None,
        "metrics": [info["metric"] for info in report["metrics"]],
        "metrics_left_out": len(report["metrics"]) - len(everywhere),
        "slices": [slice_title(where) for where in report["slices"]],
        "where": report["slices"],
        "features": [" × ".join(feature for feature, _ in where) for where in report["slices"]],
        "counts": next((n for n in _COUNTS if n in [i["name"] for i in report["metrics"]]), None),
        "candidates": [
            {key: candidate[key] for key in ("name", "label", "step", "averaged", "verdict")}
            for candidate in report["candidates"]
        ],
        "values": cut,
        **{
            key: report[key]
            for key in ("baseline", "intervals", "changes", "thresholds", "plots", "losses")
        },
    }
    return rounded(whole)


def _metrics_everywhere(report: Report, most: int, chosen_by: int | None) -> set[int]:
    """The metrics that are given on every slice."""
    size = len(report["values"]) * len(report["slices"])
    count = len(report["metrics"])
    if size * count <= most:
        return set(range(count))
    judged = {threshold["metric"] for threshold in report["thresholds"]}
    first = [chosen_by] if chosen_by is not None else []
    first += [i for i, m in enumerate(report["metrics"]) if m["metric"] in judged]
    first += [i for i, m in enumerate(report["metrics"]) if m["name"] in _COUNTS]
    return set(list(dict.fromkeys([*first, *range(count)]))[: max(1, most // size)])


def rounded(value: Any) -> Any:
    """The same, each number with as many digits as a page needs."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value
