"""Metrics of one checkpoint, slice by slice."""

import re
from collections.abc import Sequence
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.view import util

from checkpoint_sweep.report.views.panel import Panel
from checkpoint_sweep.report.views.sweep import Sweep, ViewError, Which, single_slice_spec, title
from checkpoint_sweep.report.views.view import View

COMPONENT = "tfma-nb-slicing-metrics"


def slicing_metrics(
    sweep: Sweep,
    step: Which,
    column: str | Sequence[str] | None = None,
    show: str | None = None,
) -> View:
    """TFMA's slicing metrics: a bar for each slice, a histogram, and a table.

        views.slicing_metrics(sweep, step=400, column="trip_start_hour", show="auc")

    Args:
        sweep: what to show.
        step: the checkpoint; an average by its name.
        column: the feature, or the crossed features, by which to slice; None for all examples.
        show: the metric that the bars show at first; the example count if None.

    Raises:
        ViewError: there is no such step, or the results have no slices by that column.
    """
    result = sweep.metrics(step)
    data = slices(result, column)
    return View(
        [
            Panel(
                component=COMPONENT,
                title=f"{title(step)}, {column_title(column)}",
                config=util.get_slicing_config(result.config),
                data=data,
                summary=f"{len(data)} slices",
                settings=overview_settings(show),
            )
        ]
    )


def slices(result: tfma.EvalResult, column: str | Sequence[str] | None) -> list[dict[str, Any]]:
    """TFMA's view data for the slices by `column`: a name and metrics for each, by name.

    Raises:
        ViewError: there is no such slice.
    """
    spec = single_slice_spec(columns=column if isinstance(column, str) else list(column or ()))
    try:
        data = util.get_slicing_metrics(result.slicing_metrics, slicing_spec=spec)
    except ValueError as error:
        known = {" × ".join(str(c) for c, *_ in key) for key, _ in result.slicing_metrics}
        raise ViewError(
            f"There are no slices by {column!r}. The results have slices by: "
            f"{', '.join(sorted(k for k in known if k)) or 'nothing'}. Add a slicing spec with "
            "these feature keys to the evaluation config."
        ) from error
    return sorted(data, key=lambda item: _natural(item["slice"]))


def _natural(name: str) -> list[tuple[bool, float, str]]:
    """A sort key by which hour:9 comes before hour:10."""
    parts = re.split(r"(\d+)", name)
    return [(part.isdigit(), float(part) if part.isdigit() else 0.0, part) for part in parts]


def column_title(column: str | Sequence[str] | None) -> str:
    """How a title says by what is sliced."""
    if not column:
        return "all examples"
    return "by " + (column if isinstance(column, str) else " × ".join(column))


def overview_settings(show: str | None) -> dict[str, dict[str, Any]]:
    """Lets the bars start with one metric."""
    return {"tfma-slice-overview": {"metricToShow": show}} if show else {}
