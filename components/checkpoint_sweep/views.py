"""TFMA's own views of a sweep, drawn wherever HTML is: notebooks, exported pages, reports.

    from checkpoint_sweep import views

    results = views.open_sweep(evaluation.uri)
    views.time_series(results, metrics=["auc"])
    views.compare(results, steps=[400, 4000], column="trip_start_hour").save("compare.html")

Every function returns a `View`: the last expression of a notebook cell shows it, `save` writes it
as one HTML file, and `+` puts several on one page. Nothing is fetched from the network.
"""

from checkpoint_sweep.tfma_views import (
    TfmaResults,
    View,
    compare,
    open_sweep,
    plots,
    slicing_metrics,
    time_series,
)

__all__ = [
    "TfmaResults",
    "View",
    "compare",
    "open_sweep",
    "plots",
    "slicing_metrics",
    "time_series",
]
