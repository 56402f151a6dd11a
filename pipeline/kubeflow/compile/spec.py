"""Edits of a compiled `PipelineSpec`, as JSON, that TFX's compiler has no words for.

Every function changes the spec in place.
"""

import json
from collections.abc import Mapping, Sequence

from checkpoint_sweep.common.json_safe import Json
from pipeline.kubeflow.parameters import STRING

_INPUTS_SPEC = "--json_serialized_inputs_spec_args"
_URI = "artifact_uri"


def of_run(parameter: str) -> Json:
    """Makes the value of a task's parameter that is a parameter of the run."""
    return {"componentInputParameter": parameter}


def of_task(task: str, output: str) -> Json:
    """Makes the value of a task's parameter that another task has given out."""
    return {"taskOutputParameter": {"producerTask": task, "outputParameterKey": output}}


def tasks(spec: Json) -> Json:
    """Finds the tasks by name."""
    found: Json = spec["root"]["dag"]["tasks"]
    return found


def container(spec: Json, task: str) -> Json | None:
    """Finds what the task runs; None for an importer."""
    component = spec["components"][tasks(spec)[task]["componentRef"]["name"]]
    found: Json | None = spec["deploymentSpec"]["executors"][component["executorLabel"]].get(
        "container"
    )
    return found


def add_run_parameter(spec: Json, name: str, kind: str, default: str | int) -> None:
    """Gives the pipeline a parameter of the run, or another default to one that it has."""
    parameters = spec["root"].setdefault("inputDefinitions", {}).setdefault("parameters", {})
    parameters[name] = {"parameterType": kind, "defaultValue": default}


def add_importer(spec: Json, name: str, key: str, title: str, parameter: str) -> None:
    """Adds a task whose output `key` is what the run's `parameter` names by a URI.

    The launcher brings it into the pod of each task that takes it.
    """
    artifact_type = _artifact_type(title)
    _add(
        spec,
        name,
        {"importer": {"artifactUri": {"runtimeParameter": _URI}, "typeSchema": artifact_type}},
    )
    add_parameter(spec, name, _URI, STRING, of_run(parameter))
    _add_output(spec, name, key, title)


def add_container(
    spec: Json,
    name: str,
    image: str,
    arguments: Sequence[str],
    outputs: Mapping[str, str | None],
) -> None:
    """Adds a task of one container, or puts it in the place of one; it is never cached.

    Args:
        spec: Compiled `PipelineSpec`.
        name: Name of the task.
        image: Image of the container.
        arguments: Command and its arguments.
        outputs: Title of the artifact's type by the output's key; None for a parameter.
    """
    command, args = list(arguments[:3]), list(arguments[3:])
    _add(spec, name, {"container": {"image": image, "command": command, "args": args}})
    for key, title in outputs.items():
        if title is None:
            definitions = spec["components"][name].setdefault("outputDefinitions", {})
            definitions.setdefault("parameters", {})[key] = {"parameterType": STRING}
        else:
            _add_output(spec, name, key, title)


def cache(spec: Json, task: str, wanted: bool) -> None:
    """Says whether a task may be served from cache."""
    if wanted:
        tasks(spec)[task]["cachingOptions"] = {"enableCache": True}
    else:
        tasks(spec)[task].pop("cachingOptions", None)


def add_parameter(spec: Json, task: str, key: str, kind: str, source: Json) -> None:
    """Gives a task an input parameter, or another value to one that it has."""
    given = tasks(spec)[task].setdefault("inputs", {})
    given.setdefault("parameters", {})[key] = source
    _define(spec, task, "parameters", key, {"parameterType": kind})
    if "taskOutputParameter" in source:
        wait_for(spec, task, source["taskOutputParameter"]["producerTask"])


def add_artifact(spec: Json, task: str, key: str, producer: str, title: str) -> None:
    """Gives a task the output `key` of another as an input of the same name."""
    source = {"taskOutputArtifact": {"producerTask": producer, "outputArtifactKey": key}}
    given = tasks(spec)[task].setdefault("inputs", {})
    given.setdefault("artifacts", {})[key] = source
    _define(spec, task, "artifacts", key, {"artifactType": _artifact_type(title)})
    wait_for(spec, task, producer)


def wait_for(spec: Json, task: str, upstream: str) -> None:
    """Lets a task start after another."""
    listed = tasks(spec)[task].setdefault("dependentTasks", [])
    if upstream not in listed:
        listed.append(upstream)


def _add(spec: Json, name: str, executor: Json) -> None:
    label = f"{name}_executor"
    spec["components"][name] = {"executorLabel": label}
    spec["deploymentSpec"]["executors"][label] = executor
    tasks(spec)[name] = {"taskInfo": {"name": name}, "componentRef": {"name": name}}


def _add_output(spec: Json, name: str, key: str, title: str) -> None:
    definitions = spec["components"][name].setdefault("outputDefinitions", {})
    definitions.setdefault("artifacts", {})[key] = {"artifactType": _artifact_type(title)}


def _define(spec: Json, task: str, side: str, key: str, definition: Json) -> None:
    """Declares an input, to the backend and to TFX's entrypoint."""
    component = spec["components"][tasks(spec)[task]["componentRef"]["name"]]
    definitions = component.setdefault("inputDefinitions", {})
    definitions.setdefault(side, {})[key] = definition
    args = (container(spec, task) or {}).get("args", [])
    if _INPUTS_SPEC in args:
        args[args.index(_INPUTS_SPEC) + 1] = json.dumps(definitions, sort_keys=True)


def _artifact_type(title: str) -> Json:
    return {"instanceSchema": f"title: {title}\ntype: object\n"}
