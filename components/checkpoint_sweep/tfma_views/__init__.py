"""TFMA's own views of its results, drawn wherever HTML is: notebooks, exported pages, reports.

    from checkpoint_sweep import views

    results = views.open_sweep(evaluation.uri)  # or TfmaResults({step: folder of TFMA results})
    views.time_series(results, metrics=["auc"])
    views.compare(results, steps=[400, 4000], column="trip_start_hour").save("compare.html")

Every function returns a `View`: the last expression of a notebook cell shows it, `save` writes it
as one HTML file, and `+` puts several on one page. Nothing is fetched from the network.
"""

from checkpoint_sweep.tfma_views.compare import compare
from checkpoint_sweep.tfma_views.panel import Panel
from checkpoint_sweep.tfma_views.plots import plots
from checkpoint_sweep.tfma_views.results import TfmaResults, ViewError, open_sweep
from checkpoint_sweep.tfma_views.slicing_metrics import slicing_metrics
from checkpoint_sweep.tfma_views.time_series import time_series
from checkpoint_sweep.tfma_views.view import View

__all__ = [
    "Panel",
    "TfmaResults",
    "View",
    "ViewError",
    "compare",
    "open_sweep",
    "plots",
    "slicing_metrics",
    "time_series",
]
