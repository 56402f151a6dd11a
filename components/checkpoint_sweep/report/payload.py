"""The part of a report that the page's scripts get: as little as they need."""

from collections.abc import Mapping
from typing import Any

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.common.names import EXAMPLE_COUNTS
from checkpoint_sweep.report.document import Report

# More digits than a reader can see; beyond them numbers are noise that takes space.
_DIGITS = 7
# So many numbers take 2 MB of a page.
MOST_VALUES = 250_000
_OF_CANDIDATES = ("name", "label", "run", "step", "averaged", "verdict")
_AS_THEY_ARE = ("baseline", "intervals", "changes", "thresholds", "plots", "losses")


def payload(report: Report, most: int = MOST_VALUES) -> Json:
    """Returns plain data with rounded numbers.

    Args:
        report: Report to show.
        most: Numbers by candidate, slice and metric; beyond it, metrics other than those that
            decide are only given on all examples. `metrics_omitted` counts them.
    """
    selected = report.selected
    everywhere = _metrics_everywhere(report, most, report.metric_on_slices if selected else None)
    cut = {
        name: [
            [cell if s == 0 or m in everywhere else None for m, cell in enumerate(row)]
            for s, row in enumerate(table)
        ]
        for name, table in report.values.items()
    }
    names = [metric.name for metric in report.metrics]
    content = report.to_dict()
    whole: Mapping[str, Any] = {
        "decision": content["decision"],
        "selected": {"slice": selected[0], "metric": selected[1]} if selected else None,
        "metric_on_slices": report.metric_on_slices,
        "metrics": list(map(str, report.metrics)),
        "metrics_omitted": len(report.metrics) - len(everywhere),
        "slices": list(map(str, report.slices)),
        "where": report.slices,
        "features": [" × ".join(slice_key.features) for slice_key in report.slices],
        "counts": next((name for name in EXAMPLE_COUNTS if name in names), None),
        "candidates": [
            {key: candidate[key] for key in _OF_CANDIDATES if key in candidate}
            for candidate in content["candidates"]
        ],
        "values": cut,
        "unsupported": _unsupported(report),
        "split": report.choosing_split or "choosing split",
        "splits": [
            {
                "name": split.name,
                # On all examples and on the slice that chooses: of others, `metrics.csv` has them.
                "values": {
                    name: {s: table[s] for s in {0, selected[0] if selected else 0}}
                    for name, table in split.values.items()
                },
            }
            for split in report.splits
        ],
        "rarer_labels": report.rarer_labels,
        **{key: content[key] for key in _AS_THEY_ARE},
    }
    return rounded(whole)


def _unsupported(report: Report) -> list[tuple[int, int]]:
    """Lists slices and metrics that need more examples of a class than the slice has."""
    return [
        (s, m)
        for s in range(len(report.slices))
        for m in range(len(report.metrics))
        if not report.is_supported(s, m, 0.0)
    ]


def _metrics_everywhere(report: Report, most: int, chosen_by: int | None) -> set[int]:
    """Returns the positions of the metrics that are given on every slice."""
    size = len(report.values) * len(report.slices)
    count = len(report.metrics)
    if size * count <= most:
        return set(range(count))
    judged = {threshold.metric for threshold in report.thresholds}
    first = [chosen_by] if chosen_by is not None else []
    first += [i for i, metric in enumerate(report.metrics) if str(metric) in judged]
    first += [i for i, metric in enumerate(report.metrics) if metric.name in EXAMPLE_COUNTS]
    return set(list(dict.fromkeys([*first, *range(count)]))[: max(1, most // size)])


def rounded(value: Any) -> Any:
    """Rounds each number to as many digits as a page needs."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value
