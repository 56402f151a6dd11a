"""Metrics of one checkpoint, slice by slice."""

from collections.abc import Sequence

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.view import util

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.common.names import natural_order
from checkpoint_sweep.tfma_views.panel import Panel
from checkpoint_sweep.tfma_views.results import (
    TfmaResults,
    ViewError,
    Which,
    single_slice_spec,
    title,
)
from checkpoint_sweep.tfma_views.view import View


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
    return slice_view(title(step), column, result.config, slices(result, column), show)


def slice_view(
    subject: str,
    column: str | Sequence[str] | None,
    config: config_pb2.EvalConfig,
    data: Sequence[Json],
    show: str | None,
) -> View:
    """Makes a view of TFMA's slicing metrics.

    Args:
        subject: What is shown, the beginning of the title.
        column: Feature that is sliced by, or crossed features; None for all examples.
        config: Config of the evaluation.
        data: View data, as `slices` makes them.
        show: Metric that the bars show at first; the example count if None.
    """
    by = column if isinstance(column, str) else " × ".join(column or ())
    panel = Panel(
        component="tfma-nb-slicing-metrics",
        title=f"{subject}, {f'by {by}' if by else 'all examples'}",
        config=util.get_slicing_config(config),
        data=data,
        summary=f"{len(data)} slices",
        settings={"tfma-slice-overview": {"metricToShow": show}} if show else {},
    )
    return View([panel])


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
    return sorted(data, key=lambda item: natural_order(item["slice"]))
