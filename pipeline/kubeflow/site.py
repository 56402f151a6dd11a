"""What a pipeline is compiled for."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Site:
    """What to compile for.

    Attributes:
        image: that every task runs in.
        root: URI below which every run writes.
        schema: path in the image.
        values: the runtime parameters' defaults, see `parameters.defaults`.
    """

    image: str
    root: str
    schema: str
    values: Mapping[str, str]
