"""TFMA's own views of a sweep, drawn wherever HTML is: notebooks, exported pages, reports.

    from checkpoint_sweep.report import views

    sweep = views.Sweep.open(evaluation.uri)
    views.time_series(sweep, metrics=["auc"])
    views.compare(sweep, steps=[400, 4000], column="trip_start_hour").save("compare.html")

Every function returns a `View`: the last expression of a notebook cell shows it, `save` writes it
as one HTML file, and `+` puts several on one page. Nothing is fetched from the network.
"""

from checkpoint_sweep.report.views.compare import compare
from checkpoint_sweep.report.views.panel import Panel
from checkpoint_sweep.report.views.plots import plots
from checkpoint_sweep.report.views.slicing_metrics import slicing_metrics
from checkpoint_sweep.report.views.sweep import Sweep, ViewError
from checkpoint_sweep.report.views.time_series import time_series
from checkpoint_sweep.report.views.view import View

__all__ = [
    "Panel",
    "Sweep",
    "View",
    "ViewError",
    "compare",
    "plots",
    "slicing_metrics",
    "time_series",
]
