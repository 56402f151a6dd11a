"""What a pipeline is compiled for."""

import dataclasses
import re
from collections.abc import Mapping

from pipeline.config import ConfigError
from pipeline.kubeflow.compile.pods import Pods

# The last part of a name, without tag and digest: registries know no capital letters in it.
_REPOSITORY = re.compile(r"[a-z0-9]+([._-]+[a-z0-9]+)*")


def check_image(image: str) -> None:
    """Checks the form of an image's name, such as `registry.example/taxi:1`.

    Raises:
        ConfigError: it can be no image's name.
    """
    last = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if not _REPOSITORY.fullmatch(last):
        raise ConfigError(
            f"--image={image} is no name of an image. Name the one that you have pushed, such as "
            "--image=registry.example/taxi:1."
        )


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
