"""Metrics over the checkpoints of a sweep."""

from collections.abc import Mapping, Sequence

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.view import util, view_types

from checkpoint_sweep.report.views.panel import Panel
from checkpoint_sweep.report.views.sweep import (
    Sweep,
    ViewError,
    single_slice_spec,
    slice_name,
)
from checkpoint_sweep.report.views.view import View

_DATA = "sweep"


def time_series(
    sweep: Sweep,
    metrics: Sequence[str] = (),
    slice: Mapping[str, str | int | float] | None = None,
) -> View:
    """TFMA's time series: a chart for each metric over the training step, and a table.

    Averages are not in it: they are of no one step.

        views.time_series(sweep, metrics=["auc"])

    Args:
        sweep: what to show.
        metrics: the charts to open with, as the results name them; the first metric if empty.
            Readers add others from a menu.
        slice: feature values of the slice; None for all examples.

    Raises:
        ViewError: no checkpoint has the slice, or none has a metric of that name.
    """
    results = view_types.EvalResults(
        # The component puts a model identifier that is a number on the horizontal axis.
        [
            sweep.metrics(step)._replace(model_location=str(step), data_location=_DATA)
            for step in sweep.steps
        ],
        tfma.MODEL_CENTRIC_MODE,
    )
    try:
        data = util.get_time_series(
            results, single_slice_spec(features=slice), display_full_path=True
        )
    except ValueError as error:
        raise ViewError(f"There is no time series for {slice_name(slice)}: {error}") from error
    _check_metrics(metrics, data[0]["metrics"])
    settings = {"tfma-line-chart-grid": {"selectedMetrics_": list(metrics)}} if metrics else {}
    return View(
        [
            Panel(
                component="tfma-nb-time-series",
                title=f"Metrics by training step, {slice_name(slice)}",
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
    known = {name for by_key in by_output.values() for of in by_key.values() for name in of}
    if unknown := [name for name in wanted if name not in known]:
        raise ViewError(
            f"There is no metric {unknown[0]!r}; there are: {', '.join(sorted(known))}."
        )
