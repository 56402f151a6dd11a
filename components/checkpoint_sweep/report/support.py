"""Whether a value of a report says something."""

from checkpoint_sweep.report.document import Report
from checkpoint_sweep.selection import metric_traits


def is_supported(report: Report, slice_at: int, metric_at: int, value: float | None) -> bool:
    """Returns whether a value on a slice says something, see `metric_traits.is_supported`.

    Args:
        report: Report that has the value.
        slice_at: Position of the slice.
        metric_at: Position of the metric.
        value: Value of some candidate.
    """
    rarer = report.rarer_labels[slice_at] if report.rarer_labels else None
    kind = report.kinds[metric_at] if report.kinds else report.metrics[metric_at].name
    return metric_traits.is_supported(kind, value, rarer)
