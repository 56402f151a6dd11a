"""TFMA's own views of its results, drawn wherever HTML is; see `checkpoint_sweep.views`."""

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
