"""Plots of one checkpoint: ROC, precision and recall, calibration, confusion matrices."""

from collections.abc import Mapping

from tensorflow_model_analysis.view import util

from checkpoint_sweep.report.views.panel import Panel
from checkpoint_sweep.report.views.sweep import (
    Sweep,
    ViewError,
    Which,
    label,
    single_slice_spec,
    slice_name,
    title,
)
from checkpoint_sweep.report.views.view import View


def plots(
    sweep: Sweep,
    step: Which,
    slice: Mapping[str, str | int | float] | None = None,
    output_name: str | None = None,
    class_id: int | None = None,
    top_k: int | None = None,
    k: int | None = None,
) -> View:
    """TFMA's plots, those that the evaluation config asked for.

        views.plots(sweep, step=400, slice={"payment_type": "Cash"})

    Args:
        sweep: what to show.
        step: the checkpoint; an average by its name.
        slice: feature values of the slice; None for all examples.
        output_name: of a multi-output model.
        class_id: of a plot per class.
        top_k: of a plot of the top k predictions.
        k: of a plot of the k-th prediction.

    Raises:
        ViewError: there is no such step, or it has no such plot.
    """
    found = [] if slice else sweep.plots(step)
    found = found or sweep.result(step).plots  # Without those of all examples, what slices have.
    spec = single_slice_spec(features=slice)
    if not any(of for _, of in found):
        raise ViewError(
            f"The results of {label(step)} have no plots. Add CalibrationPlot, ConfusionMatrixPlot "
            "or MultiClassConfusionMatrixPlot to the metrics of the evaluation config."
        )
    try:
        data, config = util.get_plot_data_and_config(found, spec, output_name, class_id, top_k, k)
    except ValueError as error:
        raise ViewError(f"{title(step)} has no plot for {slice_name(slice)}: {error}") from error
    return View(
        [
            Panel(
                component="tfma-nb-plot",
                title=f"{title(step)}, plots for {slice_name(slice)}",
                config=config,
                data=data,
                summary=", ".join(data),
            )
        ]
    )
