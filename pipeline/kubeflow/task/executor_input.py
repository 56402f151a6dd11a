"""Turns what Kubeflow's driver tells a task into what TFX's executors understand, and back.

Messages are `ml_pipelines.ExecutorInput` and `ExecutorOutput` as JSON objects.
"""

import copy
import dataclasses
import os

from checkpoint_sweep.common.json_safe import Json
from pipeline.kubeflow.task.mounts import MountError, executor_path, with_uris_for_paths
from pipeline.kubeflow.task.serving_folder import MODEL_FORMAT, NO_MODEL, SOURCE


@dataclasses.dataclass(frozen=True)
class LocalTask:
    """One task's input with local paths for URIs.

    Attributes:
        executor_input: An `ExecutorInput` as TFX's entrypoint takes it.
        uris: URI of every artifact, by its local path.
        output_folders: Folders that executors expect to be there, and the launcher does not make.
    """

    executor_input: Json
    uris: dict[str, str]
    output_folders: tuple[str, ...]


def localize(executor_input: Json, inputs_spec: Json, base: str, in_container: bool) -> LocalTask:
    """Restores the types of the inputs and replaces URIs by paths.

    The driver leaves the type of an input empty. A parameter that is the URI of an input stands
    for its local copy. The input that stands for "no baseline" is taken out.

    Args:
        executor_input: An `ExecutorInput` as the driver filled it in.
        inputs_spec: The component's `ComponentInputsSpec`.
        base: Folder that holds the mounts.
        in_container: Whether executors read the mounts; see `mounts.executor_path`.

    Raises:
        MountError: an input is not there, or not where executors can read it.
    """
    task = copy.deepcopy(executor_input)
    inputs, outputs = task.setdefault("inputs", {}), task.setdefault("outputs", {})
    uris: dict[str, str] = {}
    for key, artifact in _artifacts(inputs):
        uri, source = artifact["uri"], artifact.get("metadata", {}).get(SOURCE)
        if source == NO_MODEL:
            del inputs["artifacts"][key]
            continue
        path = executor_path(uri, base, in_container)
        if in_container and not os.path.exists(path):
            raise MountError(
                f"The input {key!r} is empty: there is nothing at {uri}. Check the run's "
                "parameters, or the task that should have written it."
            )
        artifact["type"] = inputs_spec["artifacts"][key]["artifactType"]
        artifact["uri"] = path
        if source:
            uris[os.path.join(path, MODEL_FORMAT)] = source
        uris[path] = source or uri
    for _, artifact in _artifacts(outputs):
        uri = artifact["uri"]
        artifact["uri"] = executor_path(uri, base, in_container)
        uris[artifact["uri"]] = uri
    paths = {uri: path for path, uri in uris.items()}
    values = inputs.get("parameterValues", {})
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = paths.get(value, value)
    folders = [artifact["uri"] for _, artifact in _artifacts(outputs)] if in_container else []
    return LocalTask(task, uris, tuple(folders))


def restore(executor_output: Json, uris: dict[str, str]) -> Json:
    """Puts URIs for local paths into the executor's output."""
    restored: Json = with_uris_for_paths(executor_output, uris)
    return restored


def _artifacts(side: Json) -> list[tuple[str, Json]]:
    return [
        (key, artifact)
        for key, listed in list(side.get("artifacts", {}).items())
        for artifact in listed.get("artifacts", [])
    ]
