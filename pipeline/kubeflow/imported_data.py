"""Adds a task to a compiled pipeline that brings its data into the pod, like any artifact."""

import json
from typing import Any

Json = dict[str, Any]

_IMPORTER = "Data"
_KEY = "data"
_URI = "artifact_uri"
_FOLDER = {"instanceSchema": "title: tfx.File\ntype: object\n"}
_INPUTS_SPEC = "--json_serialized_inputs_spec_args"


def import_data(spec: Json, reader: str, parameter: str) -> None:
    """Makes the folder that `parameter` names an input of the task `reader`.

    The launcher fetches inputs, with the credentials of the pipeline; a parameter is only text.
    TFX's file readers take a parameter, so this is done to the compiled pipeline.

    Args:
        spec: a compiled `PipelineSpec`, changed in place.
        reader: the task that reads the data.
        parameter: runtime parameter that holds the folder's URI.
    """
    executors, tasks = spec["deploymentSpec"]["executors"], spec["root"]["dag"]["tasks"]
    label = f"{_IMPORTER}_executor"
    spec["components"][_IMPORTER] = {
        "executorLabel": label,
        "inputDefinitions": {"parameters": {_URI: {"parameterType": "STRING"}}},
        "outputDefinitions": {"artifacts": {_KEY: {"artifactType": _FOLDER}}},
    }
    executors[label] = {
        "importer": {"artifactUri": {"runtimeParameter": _URI}, "typeSchema": _FOLDER}
    }
    tasks[_IMPORTER] = {
        "taskInfo": {"name": _IMPORTER},
        "componentRef": {"name": _IMPORTER},
        "inputs": {"parameters": {_URI: {"componentInputParameter": parameter}}},
    }
    task = tasks[reader]
    task["inputs"].setdefault("artifacts", {})[_KEY] = {
        "taskOutputArtifact": {"producerTask": _IMPORTER, "outputArtifactKey": _KEY}
    }
    task.setdefault("dependentTasks", []).append(_IMPORTER)
    component = spec["components"][task["componentRef"]["name"]]
    definitions = component["inputDefinitions"]
    definitions.setdefault("artifacts", {})[_KEY] = {"artifactType": _FOLDER}
    args = executors[component["executorLabel"]]["container"]["args"]
    args[args.index(_INPUTS_SPEC) + 1] = json.dumps(definitions, sort_keys=True)
