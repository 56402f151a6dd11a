"""What TFX's InteractiveContext shows of a sweep's outputs: the report, and the verdicts."""

import html
import os
from collections.abc import Sequence

import tensorflow as tf
from tfx import types
from tfx.orchestration.experimental.interactive import standard_visualizations, visualizations
from tfx.types import standard_artifacts

from checkpoint_sweep.common.files import read_text
from checkpoint_sweep.report.document import REPORT_HTML
from checkpoint_sweep.report.sweep_result import read_verdicts
from checkpoint_sweep.selection.formatting import blessing_word
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict_table import row_cells

# In a div: IPython warns of an output that is an iframe and nothing else.
_FRAME = (
    '<div><iframe sandbox="allow-scripts" title="Report of a sweep" srcdoc="{}" '
    'style="width: 100%; height: 900px; border: 0"></iframe></div>'
)


class SweepEvaluationVisualization(visualizations.ArtifactVisualization):
    """Shows the report of a sweep; of another evaluation, what TFX shows."""

    ARTIFACT_TYPE = standard_artifacts.ModelEvaluation

    def display(self, artifact: types.Artifact) -> None:
        """Displays an evaluation in a notebook."""
        page = os.path.join(artifact.uri, REPORT_HTML)
        if not tf.io.gfile.exists(page):
            standard_visualizations.ModelEvaluationVisualization().display(artifact)
            return
        _show(_FRAME.format(html.escape(read_text(page))))


class SweepBlessingVisualization(visualizations.ArtifactVisualization):
    """Shows the verdicts of a sweep; of another blessing, whether it blesses."""

    ARTIFACT_TYPE = standard_artifacts.ModelBlessing

    def display(self, artifact: types.Artifact) -> None:
        """Displays a blessing in a notebook."""
        try:
            found = read_verdicts(artifact.uri)
        except (OSError, ValueError, KeyError, TypeError, tf.errors.OpError):
            blessed = artifact.get_int_custom_property("blessed") == 1
            _show(f"<b>{blessing_word(blessed)}</b>")
            return
        _show(verdicts_as_html(found))


def register() -> None:
    """Registers what is shown of evaluations and blessings, in place of TFX's own."""
    registry = visualizations.get_registry()
    registry.register(SweepEvaluationVisualization)
    registry.register(SweepBlessingVisualization)


def verdicts_as_html(found: SweepVerdicts) -> str:
    """Renders the outcome and a table of the verdicts; what comes from the data is escaped."""
    heads = ["candidate", str(found.selection), "Δ vs. chosen", "verdict"]
    rows = [[verdict.label, *row_cells(verdict, found)] for verdict in found.verdicts]
    if not any(verdict.difference for verdict in found.verdicts):
        for row in (heads, *rows):
            del row[2]
    body = "".join(_row("td", row) for row in rows)
    return (
        f"<p><b>{blessing_word(found.blessed)}</b>: {html.escape(found.reason)}</p>"
        f"<table><thead>{_row('th', heads)}</thead><tbody>{body}</tbody></table>"
    )


def _row(tag: str, cells: Sequence[str]) -> str:
    *values, verdict = map(html.escape, cells)
    left = f'<{tag} style="text-align: left">{verdict}</{tag}>'  # Notebooks align at the right.
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in values)}{left}</tr>"


def _show(content: str) -> None:
    from IPython.display import HTML, display  # Notebooks have it, workers need not.

    display(HTML(content))
