"""What the functions of this package return: panels that share one page."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from checkpoint_sweep.common.files import write_text
from checkpoint_sweep.report.views import page


@dataclasses.dataclass(frozen=True)
class Panel:
    """One of TFMA's web components with its data.

    Attributes:
        component: tag name, such as `tfma-nb-time-series`.
        title: the heading above it.
        config: what its `config` property gets.
        data: what its `data` property gets.
        summary: one line for where no HTML is shown.
        settings: properties of elements inside the component, by tag name: what a reader could
            choose by hand, chosen in advance.
    """

    component: str
    title: str
    config: Mapping[str, Any]
    data: Any
    summary: str = ""
    settings: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, repr=False)
class View:
    """Panels on one page.

        view = views.time_series(sweep) + views.plots(sweep, step=400)
        view.save("page.html")

    Attributes:
        panels: from top to bottom.
    """

    panels: Sequence[Panel]

    def __add__(self, other: "View") -> "View":
        """The panels of both, sharing one copy of TFMA's component bundle."""
        return View([*self.panels, *other.panels])

    def __repr__(self) -> str:
        return "\n".join(f"{p.title}: {p.summary}" if p.summary else p.title for p in self.panels)

    def _repr_html_(self) -> str:
        """For notebooks: an iframe that can run scripts and nothing else."""
        return page.render_frame(self.panels)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes one HTML file that needs no other file and no network.

        Returns:
            The path, for a link.
        """
        write_text(os.fspath(path), page.render_page(self.panels))
        return Path(path)
