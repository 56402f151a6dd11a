import re
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.kubeflow.conftest import ROOT, VALUES, Judge, Sdk
from tests.pipeline.kubeflow.submit.stub_api import serve

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("options", "changed", "root"),
    [
        ([], {}, ROOT),
        (
            ["--baseline=s3://b/7", "--data=s3://b/taxi", "--push-to=gs://b/x", "--root=s3://b/r"],
            {
                "data": "s3://b/taxi",
                "baseline": "s3://b/7",
                "push_destination": '{"filesystem": {"base_directory": "gs://b/x"}}',
            },
            "s3://b/r",
        ),
        (["--root=gs://b/r"], {"baseline": "gs://b/r/no-baseline"}, "gs://b/r"),
        (
            ["--steps=80", "--select-by=binary_accuracy", "--direction=higher", "--engine=tfma"],
            {
                "steps": 80,
                "select_by": "binary_accuracy",
                "direction": "higher",
                "engine": "tfma",
            },
            ROOT,
        ),
    ],
)
def test_the_client_submits_a_conforming_run_with_every_parameter(
    options: list[str],
    changed: Json,
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
    assert config == {"parameters": VALUES | changed, "pipeline_root": root}
    sent = {"spec": run["pipeline_spec"], "values": config["parameters"], "root": root}
    assert judge([sent]) == [""]


def test_a_host_that_does_not_answer_is_named(compiled: dict[str, Path], sdk: Sdk) -> None:
    """As a user starts it: by an interpreter of its own."""
    options = ["--host=http://127.0.0.1:9", f"--package={compiled['kubeflow']}"]
    done = sdk("pipeline.kubeflow.submit", "kubeflow", *options, cold=True)
    assert done.returncode == 1
    assert done.stderr == (
        "error http://127.0.0.1:9 does not answer as Kubeflow's API: Connection refused. Check "
        "--host, and --token or --cookie where one is wanted.\n"
    )


def test_a_host_without_a_protocol_is_asked_by_https(compiled: dict[str, Path], sdk: Sdk) -> None:
    options = ["--host=127.0.0.1:9", f"--package={compiled['kubeflow']}"]
    done = sdk("pipeline.kubeflow.submit", "kubeflow", *options)
    assert done.returncode == 1
    assert done.stderr.startswith("error https://127.0.0.1:9 does not answer")


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        pytest.param(200, "{}", "does not answer as Kubeflow's API: it gives no id", id="anything"),
        pytest.param(
            403,
            '{"message": "no TOKEN"}',
            r"refused: 403 Forbidden, no Bearer \*\*\*. Check --token, --cookie",
            id="a refusal that repeats the token",
        ),
    ],
)
def test_an_answer_without_a_run_is_one_sentence(
    status: int, body: str, sentence: str, compiled: dict[str, Path], sdk: Sdk
) -> None:
    with serve((status, body)) as api:
        options = [f"--host={api.host}", f"--package={compiled['kubeflow']}", "--token=s3cret"]
        done = sdk("pipeline.kubeflow.submit", "kubeflow", *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert re.search(sentence, done.stderr)
    assert "s3cret" not in done.stderr


def test_account_experiment_and_credentials_are_sent_to_the_server(
    compiled: dict[str, Path], sdk: Sdk
) -> None:
    options = ["--service-account=trainer", "--experiment=nightly", "--no-caching"]
    options += ["--token=secret", "--cookie=session=1", "--run-name=tonight"]
    package = f"--package={compiled['kubeflow']}"
    with serve() as api:
        done = sdk("pipeline.kubeflow.submit", "kubeflow", f"--host={api.host}", package, *options)
    assert done.returncode == 0, done.stderr
    path, run = api.posted[-1]
    said = (path, run["service_account"], run["experiment_id"], run["display_name"])
    assert said == ("/apis/v2beta1/runs", "trainer", "e1", "tonight")
    cached = [
        task
        for task in run["pipeline_spec"]["root"]["dag"]["tasks"].values()
        if task.get("cachingOptions", {}).get("enableCache")
    ]
    assert cached == []
    assert {(h["authorization"], h["cookie"]) for h in api.headers} == {
        ("Bearer secret", "session=1")
    }
    assert "secret" not in done.stdout + done.stderr


def test_settings_of_pods_are_sent_beside_the_pipeline(
    compiled: dict[str, Path], sdk: Sdk, judge: Judge
) -> None:
    package = f"--package={compiled['pushing']}"
    with serve() as api:
        done = sdk("pipeline.kubeflow.submit", "kubeflow", f"--host={api.host}", package)
    assert done.returncode == 0, done.stderr
    run = api.posted[-1][1]
    sent = run["pipeline_spec"]
    values = run["runtime_config"]["parameters"]
    run = {"spec": sent["pipeline_spec"], "platform": sent["platform_spec"]}
    assert judge([run | {"values": values, "root": ROOT}]) == [""]
    assert values["baseline"] == "/mnt/serving"
    configs = run["platform"]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert configs["Trainer_executor"]["pvcMount"] == [
        {"constant": "serving-claim", "mountPath": "/mnt"}
    ]


def test_a_schedule_starts_runs_with_every_parameter(
    compiled: dict[str, Path], sdk: Sdk, judge: Judge
) -> None:
    package = f"--package={compiled['kubeflow']}"
    options = ["--schedule=0 30 6 * * *", "--service-account=trainer"]
    with serve() as api:
        done = sdk("pipeline.kubeflow.submit", "kubeflow", f"--host={api.host}", package, *options)
    assert done.returncode == 0, done.stderr
    path, job = api.posted[-1]
    assert path == "/apis/v2beta1/recurringruns"
    assert job["trigger"]["cron_schedule"]["cron"] == "0 30 6 * * *"
    said = (job["mode"], job["service_account"], job["experiment_id"], job["max_concurrency"])
    assert said == ("ENABLE", "trainer", "e1", 1)
    config = job["runtime_config"]
    assert config == {"parameters": VALUES, "pipeline_root": ROOT}
    sent = {"spec": job["pipeline_spec"], "values": config["parameters"], "root": ROOT}
    assert judge([sent]) == [""]
    assert f"{api.host}/#/recurringrun/details/j1" in done.stdout


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["--data=/app/data/taxi"], "Compile it with this --data"),
        (["--push-to=minio://b/x"], "pushed_model artifact"),
        (["--baseline=/mnt/serving"], "Compile it with --baseline=/mnt/serving"),
        (["--steps=10"], "Raise --steps"),
        (["--schedule=30 6 * * *"], "six fields"),
        (["--package=compiled/none.yaml"], "Compile it"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(
    options: list[str], advice: str, compiled: dict[str, Path], sdk: Sdk
) -> None:
    package = f"--package={compiled['kubeflow']}"
    with serve() as api:
        done = sdk("pipeline.kubeflow.submit", "kubeflow", f"--host={api.host}", package, *options)
    assert (done.returncode, api.posted) == (2, [])
    assert advice in " ".join(done.stderr.split())
