"""One of TFMA's web components with its data."""

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Panel:
    """One of TFMA's web components with its data.

    Attributes:
        component: Tag name of the component, such as `tfma-nb-time-series`.
        title: Heading above it.
        config: Value of its `config` property.
        data: Value of its `data` property.
        summary: One line for where no HTML is shown.
        settings: Properties of elements inside the component, by tag name: what a reader could
            choose by hand, chosen in advance.
    """

    component: str
    title: str
    config: Mapping[str, Any]
    data: Any
    summary: str = ""
    settings: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
