"""Adds to a compiled pipeline what looks at its data and its baseline before anything else runs.

    Data, BaselineFolder     importers, for what is in an object store
    Inputs                   never cached: refuses what is wrong, and says what the data and the
                             baseline are made of
    Baseline                 a copy of the model to compare with, made anew when there is another

The reader of the data gets that as a parameter, which is part of its cache's key: where the data
has not changed, it and all that follow are served from cache.

Vertex AI finds the baseline by itself. There, the task `Settings` refuses what cannot work.
"""

import json
from collections.abc import Sequence

from checkpoint_sweep.common.json_safe import Json
from pipeline.kubeflow import parameters
from pipeline.kubeflow.compile.spec import (
    add_artifact,
    add_container,
    add_importer,
    add_parameter,
    cache,
    of_run,
    of_task,
    wait_for,
)
from pipeline.kubeflow.parameters import STRING
from pipeline.kubeflow.task_names import (
    BASELINE,
    BASELINE_FILES,
    BASELINE_IMPORTER,
    DATA_CONTENT,
    DATA_FILES,
    INPUTS,
    MODEL,
    MODEL_CONTENT,
    MODEL_SOURCE,
    SETTINGS,
)

_DATA_IMPORTER = "Data"
_FILE, _MODEL = "tfx.File", "tfx.Model"
_INPUTS_MODULE, _BASELINE_MODULE = (
    "pipeline.kubeflow.task.inputs",
    "pipeline.kubeflow.task.baseline",
)
_SETTINGS_MODULE = "pipeline.kubeflow.task.settings_check"
_TRAINER = "Trainer"


def add_first_tasks(spec: Json, image: str, problem: str, reader: str) -> None:
    """Adds the tasks, and what the reader and the Evaluator take of them.

    Args:
        spec: Compiled `PipelineSpec` with an importer `Baseline`, changed in place.
        image: Image of the tasks.
        problem: Name of the problem.
        reader: Name of the task that reads the data.
    """
    declared = spec["root"]["inputDefinitions"]["parameters"]
    defaults = {name: entry["defaultValue"] for name, entry in declared.items()}
    outputs = (DATA_CONTENT, MODEL_CONTENT, MODEL_SOURCE)
    _add_check(spec, INPUTS, image, [_INPUTS_MODULE, "--problem", problem], defaults, outputs)
    command = ["python", "-m", _BASELINE_MODULE, "--executor_input", "{{$}}"]
    add_container(spec, BASELINE, image, command, {MODEL: _MODEL})
    for output in (MODEL_CONTENT, MODEL_SOURCE):
        add_parameter(spec, BASELINE, output, STRING, of_task(INPUTS, output))
    add_parameter(spec, reader, DATA_CONTENT, STRING, of_task(INPUTS, DATA_CONTENT))
    for task in (BASELINE, reader):
        cache(spec, task, True)
    if parameters.is_imported(defaults[parameters.DATA]):
        # A parameter is only text: the launcher fetches inputs.
        add_importer(spec, _DATA_IMPORTER, DATA_FILES, _FILE, parameters.DATA)
        for task in (INPUTS, reader):
            add_artifact(spec, task, DATA_FILES, _DATA_IMPORTER, _FILE)
    if not parameters.is_in_place(
        defaults[parameters.BASELINE], defaults[parameters.PUSH_DESTINATION]
    ):
        add_importer(spec, BASELINE_IMPORTER, BASELINE_FILES, _FILE, parameters.BASELINE)
        for task in (INPUTS, BASELINE):
            add_artifact(spec, task, BASELINE_FILES, BASELINE_IMPORTER, _FILE)


def add_settings_task(spec: Json, image: str, problem: str, settings: Json) -> None:
    """Adds the task that looks at the settings of a run, and lets the Trainer wait for it.

    Args:
        spec: Compiled `PipelineSpec` with settings of the run, changed in place.
        image: Image of the task.
        problem: Name of the problem.
        settings: Defaults of the settings by name.
    """
    _add_check(spec, SETTINGS, image, [_SETTINGS_MODULE, "--problem", problem], settings, ())
    # Unlike the world, settings that were good stay so.
    cache(spec, SETTINGS, True)
    wait_for(spec, _TRAINER, SETTINGS)


def _add_check(
    spec: Json, name: str, image: str, run: list[str], defaults: Json, outputs: Sequence[str]
) -> None:
    """Adds a task that gets the run's parameters of these defaults, and gives out parameters."""
    command = ["python", "-m", *run, "--compiled", json.dumps(defaults, sort_keys=True)]
    add_container(
        spec, name, image, [*command, "--executor_input", "{{$}}"], dict.fromkeys(outputs)
    )
    declared = spec["root"]["inputDefinitions"]["parameters"]
    for parameter in defaults:
        kind = declared[parameter]["parameterType"]
        add_parameter(spec, name, parameter, kind, of_run(parameter))
