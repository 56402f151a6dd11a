"""The cache of Kubeflow Pipelines: what makes two tasks the same, and what is kept of them.

Source: GenerateCacheKey in backend/src/v2/cacheutils/cache.go and FindMatchedArtifact in
backend/src/v2/metadata/client.go of kubeflow/pipelines; servers 2.4, 2.14 and 2.17 agree.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as pb

Json = dict[str, Any]


class TaskCache:
    """Finished tasks by what they were given, and imported artifacts by URI, in a file.

    Args:
        path: of the file, which need not be there yet; None to remember nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._kept: Json = json.loads(path.read_text()) if path and path.exists() else {}

    def get(self, key: str) -> Json | None:
        """What was kept under a key."""
        found: Json | None = self._kept.get(key)
        return found

    def put(self, key: str, value: Json) -> None:
        """Keeps it, in the file too."""
        self._kept[key] = value
        if self._path:
            self._path.write_text(json.dumps(self._kept, indent=2))


def key_of(
    container: pb.PipelineDeploymentConfig.PipelineContainerSpec,
    component: pb.ComponentSpec,
    inputs: pb.ExecutorInput.Inputs,
) -> str:
    """The key of a task: names of input artifacts, values of parameters, outputs, command, image.

    Neither environment nor resources are part of it.
    """
    parts = {
        "artifacts": {
            key: [artifact.name for artifact in listed.artifacts]
            for key, listed in inputs.artifacts.items()
        },
        "parameters": {
            key: json_format.MessageToDict(value) for key, value in inputs.parameter_values.items()
        },
        "outputs": json_format.MessageToDict(component.output_definitions),
        "command": [*container.command, *container.args],
        "image": container.image,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
