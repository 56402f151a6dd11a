import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.kubeflow.task import vertex_entrypoint
from pipeline.kubeflow.task.executor_input import localize, restore
from pipeline.kubeflow.task.mounts import MountError, executor_path, local_path, runs_here
from tests.pipeline.kubeflow.conftest import REPOSITORY

Json = dict[str, Any]
MODEL = {"instanceSchema": "title: tfx.Model\ntype: object\n"}
SPEC = {"artifacts": {key: {"artifactType": MODEL} for key in ("model", "baseline_model", "data")}}


def _input(**uris: str) -> Json:
    artifacts = {
        key: {"artifacts": [{"name": "7", "uri": uri, "type": {"instanceSchema": ""}}]}
        for key, uri in uris.items()
    }
    output = {"artifacts": [{"uri": "minio://b/run/out", "type": MODEL}]}
    return {
        "inputs": {"artifacts": artifacts, "parameterValues": {}},
        "outputs": {"artifacts": {"evaluation": output}, "outputFile": "/x/output.json"},
    }


def _artifact(task: Json, key: str) -> Json:
    artifact: Json = task["inputs"]["artifacts"][key]["artifacts"][0]
    return artifact


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("gs://b/k/x", "/gcs/b/k/x"),
        ("s3://b/k", "/s3/b/k"),
        ("minio://b/k", "/minio/b/k"),
    ],
)
def test_artifacts_are_at_the_launchers_mounts(uri: str, path: str) -> None:
    assert local_path(uri) == path


def test_a_uri_of_an_unknown_object_store_is_refused() -> None:
    with pytest.raises(MountError, match="oci://b/k"):
        local_path("oci://b/k")


@pytest.mark.parametrize("uri", ["minio:///etc", "s3://b/../../etc", "gs://.."])
def test_a_uri_does_not_lead_out_of_its_mount(uri: str) -> None:
    with pytest.raises(MountError, match="leads elsewhere"):
        local_path(uri)


@pytest.mark.parametrize(
    ("beam_args", "here"),
    [
        ([], True),
        (["--runner=FnApiRunner"], True),
        (["--runner=FnApiRunner", "--runner=DataflowRunner"], False),
        (["--runner=FlinkRunner"], False),
        (["--runner", "DataflowRunner"], False),
        (["--runner", "FnApiRunner"], True),
        (["--runner=directrunner"], True),
        (["--runner=direct"], True),
        (["--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"], True),
        (["--runner=apache_beam.runners.dask.dask_runner.DaskRunner"], False),
    ],
)
def test_the_last_beam_runner_counts(beam_args: list[str], here: bool) -> None:
    assert runs_here(beam_args) is here


def test_remote_workers_read_google_storage_and_nothing_else() -> None:
    assert executor_path("gs://b/k", "/", in_container=False) == "gs://b/k"
    with pytest.raises(MountError, match="FnApiRunner"):
        executor_path("s3://b/k", "/", in_container=False)


def test_inputs_get_their_types_and_local_paths(tmp_path: Path) -> None:
    folder = tmp_path / "minio/b/model"
    folder.mkdir(parents=True)
    task = localize(_input(model="minio://b/model"), SPEC, str(tmp_path), in_container=True)
    model = _artifact(task.executor_input, "model")
    assert (model["uri"], model["type"], model["name"]) == (str(folder), MODEL, "7")


def test_folders_of_outputs_are_listed(tmp_path: Path) -> None:
    task = localize(_input(), SPEC, str(tmp_path), in_container=True)
    assert task.output_folders == (f"{tmp_path}/minio/b/run/out",)


def test_a_baseline_that_stands_for_none_is_removed_from_the_inputs(tmp_path: Path) -> None:
    given = _input(baseline_model="minio://b/run/model")
    _artifact(given, "baseline_model")["metadata"] = {"source": "none"}
    task = localize(given, SPEC, str(tmp_path), in_container=True)
    assert task.executor_input["inputs"]["artifacts"] == {}


def test_an_input_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    given = _input(baseline_model="minio://b/serving/7")
    with pytest.raises(MountError, match=r"'baseline_model'.*minio://b/serving/7"):
        localize(given, SPEC, str(tmp_path), in_container=True)


def test_a_copied_baseline_keeps_the_uri_of_its_source(tmp_path: Path) -> None:
    folder = tmp_path / "minio/b/run/model"
    folder.mkdir(parents=True)
    given = _input(baseline_model="minio://b/run/model")
    _artifact(given, "baseline_model")["metadata"] = {"source": "gs://b/serving/7"}
    task = localize(given, SPEC, str(tmp_path), in_container=True)
    uri = _artifact(task.executor_input, "baseline_model")["uri"]
    assert uri == str(folder)
    named = {"artifact": uri, "model": f"{uri}/Format-Serving"}
    assert restore(named, task.uris) == dict.fromkeys(named, "gs://b/serving/7")


def test_a_parameter_that_names_an_input_becomes_its_path(tmp_path: Path) -> None:
    (tmp_path / "s3/b/taxi").mkdir(parents=True)
    given = _input(data="s3://b/taxi")
    given["inputs"]["parameterValues"] = {"input_base": "s3://b/taxi", "other": "s3://b", "n": 1.0}
    task = localize(given, SPEC, str(tmp_path), in_container=True)
    values = task.executor_input["inputs"]["parameterValues"]
    assert values == {"input_base": f"{tmp_path}/s3/b/taxi", "other": "s3://b", "n": 1.0}


def test_paths_in_the_executors_output_become_uris() -> None:
    uris = {"/minio/b/model": "minio://b/model", "/minio/b/model/x": "minio://other"}
    output = {
        "artifacts": {"blessing": {"artifacts": [{"uri": "/minio/b/model/x/1"}]}},
        "metadata": {"current_model": "/minio/b/model", "similar": "/minio/b/models"},
    }
    assert restore(output, uris) == {
        "artifacts": {"blessing": {"artifacts": [{"uri": "minio://other/1"}]}},
        "metadata": {"current_model": "minio://b/model", "similar": "/minio/b/models"},
    }


@pytest.mark.parametrize(
    ("executor", "values", "ran", "settled"),
    [
        (
            "a.Trainer",
            {
                "train_args": '{"num_steps": 4000}',
                "custom_config": "{}",
                "setting_steps": 80,
                "setting_checkpoint_steps": 20,
            },
            "a.Trainer",
            {"train_args": '{"num_steps": 80}', "custom_config": '{"checkpoint_steps": 20}'},
        ),
        (
            "checkpoint_sweep.tfx_components.evaluator.executor.EvaluatorExecutor",
            {"setting_engine": "tfma", "eval_config": "{}"},
            "tfx.components.evaluator.executor.Executor",
            {"eval_config": "{}"},
        ),
        ("a.Reader", {"input_base": "gs://b/taxi"}, "a.Reader", {"input_base": "gs://b/taxi"}),
    ],
)
def test_on_vertex_tfx_runs_with_the_settings_of_the_run(
    executor: str, values: Json, ran: str, settled: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

    seen: list[Any] = []
    monkeypatch.setattr(kubeflow_v2_run_executor, "main", lambda parsed: seen.append(parsed[0]))
    given = {"inputs": {"parameterValues": values}, "outputs": {"outputFile": "/x/output.json"}}
    vertex_entrypoint.main(
        [
            f"--executor_class_path={executor}",
            f"--json_serialized_invocation_args={json.dumps(given)}",
            "--json_serialized_inputs_spec_args={}",
        ]
    )
    (args,) = seen
    assert args.executor_class_path == ran
    assert json.loads(args.json_serialized_invocation_args) == {
        "inputs": {"parameterValues": settled},
        "outputs": {"outputFile": "/x/output.json"},
    }


def test_the_parameters_and_the_paths_need_neither_tfx_nor_the_kubeflow_sdk() -> None:
    code = (
        "import sys\n"
        "from pipeline.kubeflow import parameters\n"
        "from pipeline.kubeflow.submit import run_values\n"
        "from pipeline.kubeflow.task import baseline, entrypoint, executor_input, inputs, mounts\n"
        "print([m for m in ('tfx', 'kfp', 'tensorflow', 'google.protobuf') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
