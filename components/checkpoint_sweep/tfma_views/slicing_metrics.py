"""Metrics of one checkpoint, slice by slice."""

import re
from collections.abc import Sequence

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.view import util

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.tfma_views.panel import Panel
from checkpoint_sweep.tfma_views.results import (
    TfmaResults,
    ViewError,
    Which,
    single_slice_spec,
    title,
)
from checkpoint_sweep.tfma_views.view import View

COMPONENT = "tfma-nb-slicing-metrics"


def slicing_metrics(
    results: TfmaResults,
    step: Which,
    column: str | Sequence[str] | None = None,
    show: str | None = None,
) -> View:
    """Shows TFMA's slicing metrics: a bar for each slice, a histogram, and a table.

        views.slicing_metrics(results, step=400, column="trip_start_hour", show="auc")

    Args:
        results: Results to show.
        step: Step of the checkpoint; name of an average.
        column: Feature to slice by, or crossed features; None for all examples.
        show: Metric that the bars show at first; the example count if None.

    Raises:
        ViewError: There is no such step, or the results have no slices by that column.
    """
    result = results.metrics(step)
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


def slices(result: tfma.EvalResult, column: str | Sequence[str] | None) -> list[Json]:
    """Makes TFMA's view data for the slices by `column`: a name and metrics for each, by name.

    Raises:
        ViewError: There is no such slice.
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
    """Makes a sort key by which hour:9 comes before hour:10."""
    parts = re.split(r"(\d+)", name)
    return [(part.isdigit(), float(part) if part.isdigit() else 0.0, part) for part in parts]


def column_title(column: str | Sequence[str] | None) -> str:
    """Says in a title by what is sliced."""
    if not column:
        return "all examples"
    return "by " + (column if isinstance(column, str) else " × ".join(column))


def overview_settings(show: str | None) -> dict[str, Json]:
    """Lets the bars start with one metric."""
    return {"tfma-slice-overview": {"metricToShow": show}} if show else {}
