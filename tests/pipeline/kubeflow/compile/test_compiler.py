import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.kubeflow.console_outputs import TITLES
from pipeline.kubeflow.package import read
from tests.pipeline.kubeflow.conftest import REPOSITORY, SETTINGS, VALUES, VERTEX_VALUES

Json = dict[str, Any]


def _tasks(spec: Json) -> Json:
    tasks: Json = spec["root"]["dag"]["tasks"]
    return tasks


def _executors(spec: Json) -> Json:
    executors: Json = spec["deploymentSpec"]["executors"]
    return executors


def test_kubeflow_looks_for_the_baseline_and_vertex_resolves_it(
    spec: Json, compiled: dict[str, Path]
) -> None:
    source = {"producerTask": "Baseline", "outputArtifactKey": "model"}
    taken = _tasks(spec)["Evaluator"]["inputs"]["artifacts"]["baseline_model"]
    assert taken == {"taskOutputArtifact": source}
    vertex = json.loads(compiled["vertex"].read_text())["pipelineSpec"]
    resolvers = [label for label, e in _executors(vertex).items() if "resolver" in e]
    assert sorted(resolvers) == [
        "Baseline-model-blessing-resolver_executor",
        "Baseline-model-resolver_executor",
    ]


def test_the_folder_that_is_pushed_to_is_the_baseline_by_default(
    compiled: dict[str, Path], spec: Json
) -> None:
    assert compiled["pushing"].read_text().startswith("# Made by python -m pipeline.kubeflow ")
    pushing = read(compiled["pushing"]).spec
    declared = pushing["root"]["inputDefinitions"]["parameters"]
    assert declared["baseline"]["defaultValue"] == "/mnt/serving"
    assert "BaselineFolder" in _tasks(spec)
    assert "BaselineFolder" not in _tasks(pushing)


def test_each_target_runs_its_entrypoint(spec: Json, compiled: dict[str, Path]) -> None:
    vertex = json.loads(compiled["vertex"].read_text())["pipelineSpec"]
    commands = {
        name: {tuple(e["container"]["command"]) for e in _executors(s).values() if "container" in e}
        for name, s in {"kubeflow": spec, "vertex": vertex}.items()
    }
    modules = {
        "kubeflow": ("entrypoint", "inputs", "baseline"),
        "vertex": ("vertex_entrypoint", "settings_check"),
    }
    assert commands == {
        target: {("python", "-m", f"pipeline.kubeflow.task.{module}") for module in named}
        for target, named in modules.items()
    }


def test_the_sweep_and_the_evaluator_have_what_consoles_show(
    spec: Json, compiled: dict[str, Path]
) -> None:
    vertex = json.loads(compiled["vertex"].read_text())["pipelineSpec"]
    for one in (spec, vertex):
        shown: Json = {}
        for task, entry in _tasks(one).items():
            component = one["components"][entry["componentRef"]["name"]]
            for key, output in component.get("outputDefinitions", {}).get("artifacts", {}).items():
                if title := output["artifactType"].get("schemaTitle"):
                    shown.setdefault(task, {})[key] = title
        assert shown == {"CheckpointSweep": TITLES, "Evaluator": TITLES}


def test_data_in_an_object_store_is_an_input_and_data_in_the_image_is_not(
    spec: Json, compiled: dict[str, Path]
) -> None:
    in_image = yaml.safe_load(compiled["image-data"].read_text())
    artifacts = [_tasks(s)["CsvExampleGen"]["inputs"].get("artifacts") for s in (spec, in_image)]
    source = {"producerTask": "Data", "outputArtifactKey": "data"}
    assert artifacts == [{"data": {"taskOutputArtifact": source}}, None]


def test_only_tasks_that_look_outside_the_run_are_not_cached(spec: Json) -> None:
    executors = _executors(spec)
    uncached = {
        name
        for name, task in _tasks(spec).items()
        if "container" in executors[f"{name}_executor"]
        and not task.get("cachingOptions", {}).get("enableCache")
    }
    assert uncached == {"Inputs", "Pusher"}


def test_the_pusher_is_the_one_that_pushes_no_model_twice(spec: Json) -> None:
    args = _executors(spec)["Pusher_executor"]["container"]["args"]
    assert "pipeline.local.pusher.PusherExecutor" in args  # tests/pipeline/local/test_pusher.py


def test_readers_of_the_data_are_cached_by_its_content(spec: Json) -> None:
    given = {"producerTask": "Inputs", "outputParameterKey": "data_content"}
    parameters = _tasks(spec)["CsvExampleGen"]["inputs"]["parameters"]
    assert parameters["data_content"] == {"taskOutputParameter": given}


def test_every_parameter_has_a_default(spec: Json) -> None:
    parameters = spec["root"]["inputDefinitions"]["parameters"]
    assert {name: entry["defaultValue"] for name, entry in parameters.items()} == VALUES


def test_the_vertex_job_has_a_value_for_every_parameter(compiled: dict[str, Path]) -> None:
    job = json.loads(compiled["vertex"].read_text())
    assert job["runtimeConfig"]["parameterValues"] == VERTEX_VALUES


def test_both_targets_give_settings_to_the_same_tasks(
    spec: Json, compiled: dict[str, Path]
) -> None:
    vertex = json.loads(compiled["vertex"].read_text())["pipelineSpec"]
    taken = [
        {
            (task, source["componentInputParameter"])
            for task in ("Trainer", "CheckpointSweep", "Evaluator")
            for name, source in _tasks(one)[task]["inputs"]["parameters"].items()
            if name.startswith("setting_")
        }
        for one in (spec, vertex)
    ]
    assert taken[0] == taken[1]
    assert {setting for _, setting in taken[1]} == set(SETTINGS)


def test_on_vertex_nothing_is_trained_before_the_settings_are_checked(
    compiled: dict[str, Path],
) -> None:
    tasks = _tasks(json.loads(compiled["vertex"].read_text())["pipelineSpec"])
    assert "Settings" in tasks["Trainer"]["dependentTasks"]
    assert tasks["Settings"]["inputs"]["parameters"] == {
        name: {"componentInputParameter": name} for name in SETTINGS
    }


def test_evaluator_and_pusher_run_only_if_the_sweep_blessed(spec: Json) -> None:
    conditions = {n: t.get("triggerPolicy", {}).get("condition") for n, t in _tasks(spec).items()}
    blessed = (
        "(inputs.artifacts['_CheckpointSweep.blessing'].artifacts[0].metadata['blessed'] == 1.0)"
    )
    assert {n: c for n, c in conditions.items() if c} == {"Evaluator": blessed, "Pusher": blessed}


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["--steps=10", "--checkpoint-steps=20"], "Raise --steps"),
        (["--target=vertex"], "--root=gs://"),
        (["--push-to=s3://bucket/serving"], "pushed_model artifact"),
        (["--data=taxi"], "absolute"),
        (["--baseline=models/1"], "URI"),
        (["--resources=Trainer:cpu=many"], "is not a quantity"),
        (["--pods=none.yaml"], "none.yaml cannot be read"),
        (["--image=IMAGE"], "--image=IMAGE is no name of an image"),
    ],
)
def test_wrong_arguments_are_explained(options: list[str], advice: str, tmp_path: Path) -> None:
    output = tmp_path / "out.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.kubeflow", "--image=i", f"--output={output}", *options],
        cwd=REPOSITORY,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert advice in done.stderr
    assert not output.exists()
