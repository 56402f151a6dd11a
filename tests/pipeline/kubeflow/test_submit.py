import json
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.kubeflow.conftest import DATA, ROOT, Judge, Sdk
from tests.pipeline.kubeflow.stub_api import serve

Json = dict[str, Any]
SERVING = '{"filesystem": {"base_directory": "/tmp/serving"}}'


@pytest.mark.parametrize(
    ("options", "parameters", "root"),
    [
        (
            [],
            {"data": DATA, "baseline": f"{ROOT}/no-baseline", "push_destination": SERVING},
            ROOT,
        ),
        (
            ["--baseline=s3://b/7", "--data=s3://b/taxi", "--push-to=gs://b/x", "--root=s3://b/r"],
            {
                "data": "s3://b/taxi",
                "baseline": "s3://b/7",
                "push_destination": '{"filesystem": {"base_directory": "gs://b/x"}}',
            },
            "s3://b/r",
        ),
        (
            ["--root=gs://b/r"],
            {"data": DATA, "baseline": "gs://b/r/no-baseline", "push_destination": SERVING},
            "gs://b/r",
        ),
    ],
)
def test_the_client_submits_a_conforming_run_with_every_parameter(
    options: list[str],
    parameters: Json,
    root: str,
    compiled: dict[str, Path],
    sdk: Sdk,
    judge: Judge,
) -> None:
    package = f"--package={compiled['kubeflow']}"
    with serve() as api:
        done = sdk("pipeline.kubeflow.submit", "kubeflow", f"--host={api.host}", package, *options)
    assert done.returncode == 0, done.stderr
    path, run = api.posted[-1]
    assert path == "/apis/v2beta1/runs"
    config = run["runtime_config"]
    assert config == {"parameters": parameters, "pipeline_root": root}
    sent = {"spec": run["pipeline_spec"], "values": config["parameters"], "root": root}
    assert judge([sent]) == [""]


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["--data=/app/data/taxi"], "Compile it with this --data"),
        (["--push-to=minio://b/x"], "pushed_model artifact"),
        (["--package=compiled/none.yaml"], "Compile it"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sent(
    options: list[str], advice: str, compiled: dict[str, Path], sdk: Sdk
) -> None:
    package = f"--package={compiled['kubeflow']}"
    with serve() as api:
        done = sdk("pipeline.kubeflow.submit", "kubeflow", f"--host={api.host}", package, *options)
    assert (done.returncode, api.posted) == (2, [])
    assert advice in " ".join(done.stderr.split())


def test_both_sdks_load_what_was_compiled(compiled: dict[str, Path], sdk: Sdk) -> None:
    done = sdk(
        "tests.pipeline.kubeflow.sdk_check", str(compiled["kubeflow"]), str(compiled["vertex"])
    )
    assert done.returncode == 0, done.stderr
    understood = json.loads(done.stdout)
    names = ("baseline", "data", "push_destination")
    assert understood["kubeflow"] == dict.fromkeys(names, "String")
    config = understood["vertex"]["runtimeConfig"]
    assert config["gcsOutputDirectory"] == "gs://bucket/root"
    assert config["parameterValues"] == {
        "data": "gs://bucket/other",
        "push_destination": '{"filesystem": {"base_directory": "gs://bucket/serving"}}',
    }
    assert "CheckpointSweep" in understood["vertex"]["pipelineSpec"]["root"]["dag"]["tasks"]
