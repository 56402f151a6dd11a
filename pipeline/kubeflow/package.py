"""A compiled package on disk. Needs only YAML: two environments import it."""

import dataclasses
import json
from pathlib import Path

import yaml

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.json_safe import Json


class PackageError(UserError):
    """There is no compiled package; the message says where and what to do."""


@dataclasses.dataclass(frozen=True)
class Package:
    """What was compiled.

    Attributes:
        spec: A `PipelineSpec`, or for Vertex AI a `PipelineJob`.
        platform: A `PlatformSpec`, of what Kubernetes alone knows; empty for none.
    """

    spec: Json
    platform: Json = dataclasses.field(default_factory=dict)

    @property
    def target(self) -> str:
        """What it was compiled for: `kubeflow` or `vertex`."""
        return "vertex" if "pipelineSpec" in self.spec else "kubeflow"


def text_of(package: Package) -> str:
    """Writes YAML, the platform's document after the pipeline's as Kubeflow wants it."""
    return yaml.safe_dump_all([d for d in (package.spec, package.platform) if d])


def read(path: Path) -> Package:
    """Reads YAML or JSON, by the name of the file.

    Raises:
        PackageError: it is not there, or not a compiled package.
    """
    if not path.is_file():
        raise PackageError(f"There is no {path}. Compile it: make kubeflow ARGS=--help")
    text = path.read_text()
    try:
        documents = list(yaml.safe_load_all(text)) if path.suffix == ".yaml" else [json.loads(text)]
    except ValueError as error:
        raise PackageError(f"{path} is damaged: {error}. Compile it again.") from error
    except yaml.YAMLError as error:
        raise PackageError(f"{path} is damaged: {error}. Compile it again.") from error
    if not 1 <= len(documents) <= 2 or not all(isinstance(d, dict) for d in documents):
        raise PackageError(f"{path} is not a compiled package. Compile it again.")
    return Package(*documents)
