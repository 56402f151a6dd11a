import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from pipeline.problems import registry
from tests.pipeline.kubeflow.conftest import DATA, ROOT, Judge, compile_pipeline

Json = dict[str, Any]


def _resolver(run: Json) -> None:
    executors = run["spec"]["deploymentSpec"]["executors"]
    executors["Baseline_executor"] = {"resolver": {"outputArtifactQueries": {}}}


def _task(run: Json, name: str) -> Json:
    task: Json = run["spec"]["root"]["dag"]["tasks"][name]
    return task


def _component(run: Json, name: str) -> Json:
    component: Json = run["spec"]["components"][name]
    return component


def _rename(run: Json) -> None:
    tasks = run["spec"]["root"]["dag"]["tasks"]
    tasks["Push_It"] = tasks.pop("Pusher")


def _constant_as_text(run: Json) -> None:
    stride = _task(run, "CheckpointSweep")["inputs"]["parameters"]["stride"]
    stride["runtimeValue"]["constant"] = "1"


def _untitled(run: Json) -> None:
    model = _component(run, "Trainer")["outputDefinitions"]["artifacts"]["model"]
    model["artifactType"]["instanceSchema"] = "type: object"


def _configure(run: Json, label: str, **config: object) -> None:
    deployment = {"deploymentSpec": {"executors": {label: config}}}
    run["platform"] = {"platforms": {"kubernetes": deployment}}


# What is done to a run, the rule that it breaks, and a word that the message must have.
BROKEN: dict[str, tuple[Callable[[Json], object], str, str]] = {
    "resolver node": (_resolver, "no-resolvers", "Baseline_executor"),
    "schema 2.0": (
        lambda run: run["spec"].update(schemaVersion="2.0.0"),
        "schema-version",
        "2.0.0",
    ),
    "missing parameter": (lambda run: run["values"].pop("data"), "parameters-given", "'data'"),
    "unknown parameter": (
        lambda run: run["values"].update(extra="x"),
        "parameters-given",
        "'extra'",
    ),
    "wrong type of a parameter": (
        lambda run: run["values"].update(data=3),
        "parameter-types",
        "'data'",
    ),
    "wrong type of a constant": (_constant_as_text, "parameter-types", "'stride'"),
    "unknown field": (lambda run: run["spec"].update(typo=1), "strict-parse", "typo"),
    "illegal task name": (_rename, "names", "Push_It"),
    "illegal pipeline name": (
        lambda run: run["spec"]["pipelineInfo"].update(name="Taxi"),
        "names",
        "Taxi",
    ),
    "missing producer": (
        lambda run: run["spec"]["root"]["dag"]["tasks"].pop("Baseline"),
        "references",
        "Baseline",
    ),
    "tasks in a circle": (
        lambda run: _task(run, "Trainer").update(dependentTasks=["Evaluator"]),
        "references",
        "wait for each other",
    ),
    "empty URI": (lambda run: run["values"].update(baseline=""), "importers", "Baseline"),
    "conditional importer": (
        lambda run: _task(run, "BaselineFolder").update(triggerPolicy={"condition": "true"}),
        "importers",
        "condition",
    ),
    "untitled type": (_untitled, "artifact-titles", "Trainer"),
    "no image": (
        lambda run: run["spec"]["deploymentSpec"]["executors"]["Trainer_executor"][
            "container"
        ].update(image=""),
        "containers",
        "Trainer_executor",
    ),
    "local root": (lambda run: run.update(root="/runs"), "pipeline-root", "/runs"),
    "output parameter that there is not": (
        lambda run: _task(run, "CsvExampleGen")["inputs"]["parameters"]["data_content"][
            "taskOutputParameter"
        ].update(outputParameterKey="digest"),
        "parameter-types",
        "Inputs.digest",
    ),
    "no quantity": (
        lambda run: run["spec"]["deploymentSpec"]["executors"]["Trainer_executor"][
            "container"
        ].update(resources={"resourceMemoryLimit": "16 GB"}),
        "resources",
        "16 GB",
    ),
    "platform of an importer": (
        lambda run: _configure(run, "Data_executor", imagePullPolicy="Always"),
        "platform-executors",
        "Data_executor",
    ),
    "unknown field of the platform": (
        lambda run: _configure(run, "Trainer_executor", pvcs=[]),
        "strict-parse",
        "pvcs",
    ),
    "field of a later server": (
        lambda run: _configure(
            run, "Trainer_executor", secretAsEnv=[{"secretName": "s", "optional": True}]
        ),
        "platform-fields",
        "optional",
    ),
}


def test_every_broken_run_is_refused_by_the_rule_that_it_breaks(
    spec: Json, values: Json, judge: Judge
) -> None:
    runs = []
    for change, _, _ in BROKEN.values():
        run = copy.deepcopy({"spec": spec, "values": values, "root": ROOT})
        change(run)
        runs.append(run)
    for (name, (_, rule, word)), message in zip(BROKEN.items(), judge(runs), strict=True):
        lines = [line for line in message.splitlines() if line.startswith(f"{rule}: ")]
        assert any(word in line for line in lines), f"{name}: {message!r}"


def test_the_compiled_pipeline_conforms(spec: Json, values: Json, judge: Judge) -> None:
    assert judge([{"spec": spec, "values": values, "root": ROOT}]) == [""]


def test_every_problem_compiles_for_both_targets_and_conforms(
    tmp_path: Path, values: Json, judge: Judge
) -> None:
    runs = []
    for problem in registry.definitions():
        common = ["--image=registry.example/image:1", f"--problem={problem}"]
        package = tmp_path / f"{problem}.yaml"
        compile_pipeline(*common, f"--data={DATA}", f"--output={package}")
        runs.append({"spec": yaml.safe_load(package.read_text()), "values": values, "root": ROOT})
        package = tmp_path / f"{problem}.json"
        compile_pipeline(*common, "--target=vertex", "--root=gs://b/r", f"--output={package}")
        job = json.loads(package.read_text())
        given = {"values": job["runtimeConfig"]["parameterValues"], "root": "gs://b/r"}
        runs.append({"spec": job["pipelineSpec"], **given, "without": ["no-resolvers"]})
    assert judge(runs) == [""] * len(runs)
