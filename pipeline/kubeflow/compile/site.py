"""What a pipeline is compiled for."""

import dataclasses
from collections.abc import Mapping

from pipeline.kubeflow.compile.pods import Pods


@dataclasses.dataclass(frozen=True)
class Site:
    """What to compile for.

    Attributes:
        image: Image that every task runs in.
        root: URI below which every run writes.
        schema: Path of the schema in the image.
        values: Defaults of the runtime parameters, see `parameters.defaults`.
        pods: What the tasks' pods get.
    """

    image: str
    root: str
    schema: str
    values: Mapping[str, str]
    pods: Pods = dataclasses.field(default_factory=Pods)
