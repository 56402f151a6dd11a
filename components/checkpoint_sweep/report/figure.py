"""Figures and axes of matplotlib that a notebook shows as the pictures that they are.

IPython prints a bare `matplotlib.figure.Figure` as text, unless pyplot made it.
"""

import io
from typing import cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure


class ShownFigure(Figure):
    """A figure that notebooks show."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.savefig(content, format="png", dpi=100)
        return content.getvalue()


class ShownAxes(Axes):
    """Axes that notebooks show with all of their figure."""

    def _repr_png_(self) -> bytes:
        return cast(ShownFigure, self.figure)._repr_png_()


def new_axes() -> ShownAxes:
    """Makes the only axes of a new figure."""
    figure = ShownFigure(figsize=(9, 4), layout="constrained")
    return cast(ShownAxes, figure.add_subplot(axes_class=ShownAxes))
