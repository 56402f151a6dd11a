"""Plots of one checkpoint: ROC, precision and recall, calibration, confusion matrices."""

from collections.abc import Mapping

from tensorflow_model_analysis.view import util

from checkpoint_sweep.tfma_views.panel import Panel
from checkpoint_sweep.tfma_views.results import (
    TfmaResults,
    ViewError,
    Which,
    label,
    single_slice_spec,
    slice_title,
    title,
)
from checkpoint_sweep.tfma_views.view import View


def plots(
    results: TfmaResults,
    step: Which,
    slice: Mapping[str, str | int | float] | None = None,
    output_name: str | None = None,
    class_id: int | None = None,
    top_k: int | None = None,
    k: int | None = None,
) -> View:
    """Shows those of TFMA's plots that the evaluation config asked for.

        views.plots(results, step=400, slice={"payment_type": "Cash"})

    Args:
        results: Results to show.
        step: Step of the checkpoint; name of an average.
        slice: Feature values of the slice; None for all examples.
        output_name: Output of a multi-output model.
        class_id: Class of a plot per class.
        top_k: Number of a plot of the top k predictions.
        k: Rank of a plot of the k-th prediction.

    Raises:
        ViewError: There is no such step, or it has no such plot.
    """
    found = [] if slice else results.plots(step)
    found = found or results.result(step).plots  # Without those of all examples, what slices have.
    spec = single_slice_spec(features=slice)
    if not any(plots for _, plots in found):
        raise ViewError(
            f"The results of {label(step)} have no plots. Add CalibrationPlot, ConfusionMatrixPlot "
            "or MultiClassConfusionMatrixPlot to the metrics of the evaluation config."
        )
    try:
        data, config = util.get_plot_data_and_config(found, spec, output_name, class_id, top_k, k)
    except ValueError as error:
        raise ViewError(f"{title(step)} has no plot for {slice_title(slice)}: {error}") from error
    return View(
        [
            Panel(
                component="tfma-nb-plot",
                title=f"{title(step)}, plots for {slice_title(slice)}",
                config=config,
                data=data,
                summary=", ".join(data),
            )
        ]
    )
