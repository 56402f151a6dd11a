"""The value that the functions of this package return: panels that share one page."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from checkpoint_sweep.common.files import write_text
from checkpoint_sweep.tfma_views import page
from checkpoint_sweep.tfma_views.panel import Panel


@dataclasses.dataclass(frozen=True, repr=False)
class View:
    """Panels on one page.

        view = views.time_series(results) + views.plots(results, step=400)
        view.save("page.html")

    Attributes:
        panels: Panels from top to bottom.
    """

    panels: Sequence[Panel]

    def __add__(self, other: "View") -> "View":
        """Joins the panels of both, which share one copy of TFMA's component bundle."""
        return View([*self.panels, *other.panels])

    def __repr__(self) -> str:
        return "\n".join(f"{p.title}: {p.summary}" if p.summary else p.title for p in self.panels)

    def _repr_html_(self) -> str:
        """Returns an iframe for notebooks, which can run scripts and nothing else."""
        return page.render_frame(self.panels)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes one HTML file that needs no other file and no network.

        Returns:
            The path, for a link.
        """
        write_text(os.fspath(path), page.render_page(self.panels))
        return Path(path)
