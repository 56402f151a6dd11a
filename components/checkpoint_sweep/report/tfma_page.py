"""TFMA's own components on one page, one click from the report."""

from collections import Counter

from checkpoint_sweep.report.document import REPORT_HTML, Candidate, Report
from checkpoint_sweep.report.sentences import identity
from checkpoint_sweep.tfma_views.page import render_page
from checkpoint_sweep.tfma_views.panel import Panel
from checkpoint_sweep.tfma_views.plots import plots
from checkpoint_sweep.tfma_views.results import TfmaResults, ViewError, Which, open_sweep
from checkpoint_sweep.tfma_views.slicing_metrics import slicing_metrics
from checkpoint_sweep.tfma_views.time_series import time_series

# Of a feature with more values, such as an identifier, the tables would be most of the page.
MOST_SLICES = 500


def render_tfma(evaluation: str, report: Report) -> str | None:
    """Renders metrics by step, and of the chosen metrics by slice and plots of all examples.

    Where no checkpoint passed, they are those of the last candidate that was evaluated. Of several
    runs, all is of the run of that checkpoint.

    Args:
        evaluation: Directory of the sweep's evaluation artifact.
        report: Report that `gather` made of it.

    Returns:
        A complete HTML document; None where no candidate has results.
    """
    shown = _shown(report)
    if shown is None:
        return None
    results = open_sweep(evaluation, shown.run)
    which: Which = shown.name if shown.is_average else shown.step
    show = _metric(report)
    panels = [*_by_step(results, show), *_by_slice(results, which, show, report)]
    about = " · ".join(part for part in (shown.run, identity(report)) if part)
    return render_page([*panels, *_plots(results, which)], back=REPORT_HTML, about=about)


def _shown(report: Report) -> Candidate | None:
    """Returns the chosen candidate, or the last one that was evaluated."""
    evaluated = [candidate for candidate in report.candidates if candidate.name in report.values]
    if report.chosen in evaluated:
        return report.chosen
    return evaluated[-1] if evaluated else None


def _metric(report: Report) -> str | None:
    """Returns the metric that decided, of several the first, as TFMA names it."""
    if report.decision is None:
        return None
    first = report.decision.selection.metrics[0]
    return next((metric.name for metric in report.metrics if str(metric) == first), None)


def _by_step(results: TfmaResults, show: str | None) -> list[Panel]:
    return list(time_series(results, [show] if show else ()).panels) if results.steps else []


def _by_slice(results: TfmaResults, which: Which, show: str | None, report: Report) -> list[Panel]:
    """Shows all examples, and each feature, or features that are crossed, of the slicing specs."""
    by_features = Counter(slice_key.features for slice_key in report.slices)
    return [
        panel
        for features, count in by_features.items()
        if count <= MOST_SLICES
        for panel in slicing_metrics(results, which, features or None, show).panels
    ]


def _plots(results: TfmaResults, which: Which) -> list[Panel]:
    """Shows none where the config asks for none, or only for single classes or outputs."""
    try:
        return list(plots(results, which).panels)
    except ViewError:
        return []
