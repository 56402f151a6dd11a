"""TFMA's own components on one page, one click from the report."""

from checkpoint_sweep.report.document import Candidate, Report, selected
from checkpoint_sweep.report.views.page import render_page
from checkpoint_sweep.report.views.panel import Panel
from checkpoint_sweep.report.views.plots import plots
from checkpoint_sweep.report.views.slicing_metrics import slicing_metrics
from checkpoint_sweep.report.views.sweep import Sweep, ViewError, Which
from checkpoint_sweep.report.views.time_series import time_series

# Of a feature with more values, such as an identifier, the tables would be most of the page.
MOST_SLICES = 500


def render_tfma(evaluation: str, report: Report) -> str | None:
    """Metrics by step, and of the chosen the metrics by slice and the plots of all examples.

    Where nothing is chosen, they are those of the last candidate that was evaluated.

    Args:
        evaluation: directory of the sweep's evaluation artifact.
        report: what `gather` made of it.

    Returns:
        A complete HTML document; None where no candidate has results.
    """
    shown = _shown(report)
    if shown is None:
        return None
    sweep = Sweep.open(evaluation)
    which: Which = shown["step"] if shown["averaged"] is None else shown["name"]
    at = selected(report)
    show = report["metrics"][at[1]]["name"] if at else None
    panels = [*_by_step(sweep, show), *_by_slice(sweep, which, show, report)]
    return render_page([*panels, *_plots(sweep, which)])


def _shown(report: Report) -> Candidate | None:
    chosen = report["decision"]["chosen"] if report["decision"] else None
    evaluated = [c for c in report["candidates"] if c["name"] in report["values"]]
    wanted = [c for c in evaluated if c["name"] == chosen] or evaluated[-1:]
    return wanted[0] if wanted else None


def _by_step(sweep: Sweep, show: str | None) -> list[Panel]:
    return list(time_series(sweep, [show] if show else ()).panels) if sweep.steps else []


def _by_slice(sweep: Sweep, which: Which, show: str | None, report: Report) -> list[Panel]:
    """Overall, and by each feature, or features that are crossed, of the slicing specs."""
    by_features: dict[tuple[str, ...], int] = {}
    for where in report["slices"]:
        features = tuple(feature for feature, _ in where)
        by_features[features] = by_features.get(features, 0) + 1
    return [
        panel
        for features, count in by_features.items()
        if count <= MOST_SLICES
        for panel in slicing_metrics(sweep, which, features or None, show).panels
    ]


def _plots(sweep: Sweep, which: Which) -> list[Panel]:
    """None where the config asks for none, or only for those of single classes or outputs."""
    try:
        return list(plots(sweep, which).panels)
    except ViewError:
        return []
