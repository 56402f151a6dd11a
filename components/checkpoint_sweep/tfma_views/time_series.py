"""Metrics over the checkpoints of a sweep."""

from collections.abc import Mapping, Sequence

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.view import util, view_types

from checkpoint_sweep.tfma_views.panel import Panel
from checkpoint_sweep.tfma_views.results import (
    TfmaResults,
    ViewError,
    single_slice_spec,
    slice_title,
)
from checkpoint_sweep.tfma_views.view import View

_DATA = "sweep"


def time_series(
    results: TfmaResults,
    metrics: Sequence[str] = (),
    slice: Mapping[str, str | int | float] | None = None,
) -> View:
    """Shows TFMA's time series: a chart for each metric over the training step, and a table.

    Averages are not in it: they are of no one step.

        views.time_series(results, metrics=["auc"])

    Args:
        results: Results to show.
        metrics: Metrics whose charts are open at first, as the results name them; the first
            metric if empty. Readers add others from a menu.
        slice: Feature values of the slice; None for all examples.

    Raises:
        ViewError: No checkpoint has the slice, or none has a metric of that name; or the results
            are not by step.
    """
    if not results.steps:
        raise ViewError(
            "There are no results by step. Of a sweep of several runs, open one: "
            "open_sweep(evaluation, run=...)."
        )
    by_step = view_types.EvalResults(
        # The component puts a model identifier that is a number on the horizontal axis.
        [
            results.metrics(step)._replace(model_location=str(step), data_location=_DATA)
            for step in results.steps
        ],
        tfma.MODEL_CENTRIC_MODE,
    )
    try:
        data = util.get_time_series(
            by_step, single_slice_spec(features=slice), display_full_path=True
        )
    except ValueError as error:
        raise ViewError(f"There is no time series for {slice_title(slice)}: {error}") from error
    _check_metrics(metrics, data[0]["metrics"])
    settings = {"tfma-line-chart-grid": {"selectedMetrics_": list(metrics)}} if metrics else {}
    return View(
        [
            Panel(
                component="tfma-nb-time-series",
                title=f"Metrics by training step, {slice_title(slice)}",
                config={"isModelCentric": True},
                data=data,
                summary=f"{len(data)} checkpoints",
                settings=settings,
            )
        ]
    )


def _check_metrics(
    wanted: Sequence[str], by_output: Mapping[str, Mapping[str, Mapping[str, object]]]
) -> None:
    known = {
        name for by_key in by_output.values() for metrics in by_key.values() for name in metrics
    }
    if unknown := [name for name in wanted if name not in known]:
        raise ViewError(
            f"There is no metric {unknown[0]!r}; there are: {', '.join(sorted(known))}."
        )
