"""Puts panels, TFMA's component bundle and the Google Charts stand-in on one HTML page."""

import base64
import functools
import gzip
import importlib.resources
from collections.abc import Sequence

import jinja2

from checkpoint_sweep.common import templates
from checkpoint_sweep.common.json_safe import to_json
from checkpoint_sweep.tfma_views.panel import Panel

_STATIC = importlib.resources.files("checkpoint_sweep.tfma_views") / "static"
_BUNDLE = importlib.resources.files("tensorflow_model_analysis") / "static/vulcanized_tfma.js"
# In the order in which they need one another; they share one function scope.
_STAND_IN = (
    "data_table.js",
    "scale.js",
    "plane_chart.js",
    "series_chart.js",
    "bubble_chart.js",
    "table.js",
    "google_charts.js",
)
# What a panel measures before its content is known; the page then reports its real height.
_HEIGHTS = {"tfma-nb-time-series": 800, "tfma-nb-slicing-metrics": 1000, "tfma-nb-plot": 520}
_OTHER_HEIGHT = 700


def render_page(
    panels: Sequence[Panel], framed: bool = False, back: str = "", about: str = ""
) -> str:
    """Renders a complete HTML document.

    Its content security policy forbids every request, so that it looks the same offline.

    Args:
        panels: Panels from top to bottom.
        framed: Whether it is to stand in an iframe, which then rules size and dark theme. A page
            of its own is as wide as TFMA's components need, which a phone shows whole.
        back: Name of the file beside it that leads to it; "" for none.
        about: Name of the evaluation; "" where it is not known.
    """
    stand_in = "\n".join(_static(name) for name in _STAND_IN)
    return _template("page.html").render(
        title=about or " · ".join(panel.title for panel in panels),
        framed=framed,
        back=back,
        about=about,
        style=_static("page.css"),
        stand_in=f"(() => {{\n{stand_in}\n}})();",
        mount=_static("mount.js"),
        bundle=_compressed_bundle(),
        panels=to_json(
            [
                {
                    "component": panel.component,
                    "title": panel.title,
                    "config": panel.config,
                    "data": panel.data,
                    "settings": panel.settings,
                }
                for panel in panels
            ]
        ),
    )


def render_frame(panels: Sequence[Panel]) -> str:
    """Renders the document in a sandboxed iframe, as a fragment for a notebook's output."""
    height = 40 + sum(_HEIGHTS.get(panel.component, _OTHER_HEIGHT) for panel in panels)
    return _template("frame.html").render(
        title=" · ".join(panel.title for panel in panels),
        document=render_page(panels, framed=True),
        height=height,
    )


@functools.cache
def _compressed_bundle() -> str:
    """Packs TFMA's components, gzip in base64: 0.4 MB instead of 1.1, and nothing to escape."""
    return base64.b64encode(gzip.compress(_BUNDLE.read_bytes(), mtime=0)).decode("ascii")


@functools.cache
def _static(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


@functools.cache
def _template(name: str) -> jinja2.Template:
    return templates.environment(autoescape=True).from_string(_static(name))
