import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.kubeflow.submit.__main__ import app
from tests.pipeline.kubeflow.conftest import VALUES, VERTEX_VALUES, Sdk

Json = dict[str, Any]

CRON = "30 6 * * *"
BERLIN = f"TZ=Europe/Berlin {CRON}"
NETWORK = "projects/1/global/networks/n"

# By what is tried: the options of `submit vertex`.
TRIED = {
    "as compiled": [],
    "other folders": ["--data=gs://bucket/other", "--push-to=", "--root=gs://other/root"],
    "who and where": ["--service-account=a@b", f"--network={NETWORK}", "--run-name=tonight"],
    "settings": ["--steps=80", "--select-by=binary_accuracy", "--direction=higher"],
    "no caching": ["--no-caching"],
    "experiment": ["--experiment=nightly"],
    "schedule": [f"--schedule={CRON}", "--service-account=a@b", f"--network={NETWORK}"],
    "time zone": [f"--schedule={BERLIN}", "--run-name=nightly", "--no-caching", "--engine=tfma"],
    "seconds": ["--schedule=0 30 6 * * *"],
    "no fields": ["--schedule=TZ=Europe/Berlin"],
    "name of a schedule": ["--schedule=@daily"],
    "no time zone": ["--schedule=TZ=Here 30 6 * * *"],
    "schedule in an experiment": [f"--schedule={CRON}", "--experiment=nightly"],
    "local data": ["--data=taxi"],
    "data in another store": ["--data=s3://bucket/taxi"],
    "root in another store": ["--root=s3://bucket/root"],
    "too few steps": ["--steps=10"],
    "no engine": ["--engine=fast"],
    "long name": [f"--run-name={'a' * 129}"],
}


@pytest.fixture(scope="session")
def understood(compiled: dict[str, Path], sdk: Sdk) -> Json:
    """What both SDKs make of what was compiled, and of every case that is tried."""
    packages = [str(compiled["kubeflow"]), str(compiled["vertex"])]
    options = json.dumps(list(TRIED.values()))
    done = sdk("tests.pipeline.kubeflow.submit.sdk_check", *packages, read=options)
    assert done.returncode == 0, done.stderr
    found: Json = json.loads(done.stdout)
    return found | {"vertex": dict(zip(TRIED, found["vertex"], strict=True))}


def _asked(understood: Json, case: str) -> Json:
    """The one request of a case that was submitted."""
    tried = understood["vertex"][case]
    assert tried["status"] == 0, tried["output"]
    (asked,) = tried["asked"]
    assert asked["parent"] == "projects/project/locations/europe-west4"
    message: Json = asked["message"]
    return message


def _job(understood: Json, case: str) -> Json:
    """The job of a case, started or scheduled."""
    asked = _asked(understood, case)
    job: Json = asked.get("create_pipeline_job_request", {}).get("pipeline_job", asked)
    return job


def test_the_kubeflow_sdk_reads_every_parameter_of_the_package(understood: Json) -> None:
    kinds = {name: "Integer" if isinstance(v, int) else "String" for name, v in VALUES.items()}
    assert understood["kubeflow"] == kinds


@pytest.mark.parametrize(
    ("case", "changed", "root"),
    [
        ("as compiled", {}, "gs://bucket/root"),
        (
            "other folders",
            {
                "data": "gs://bucket/other",
                "push_destination": '{"filesystem": {"base_directory": "/tmp/serving"}}',
            },
            "gs://other/root",
        ),
        (
            "settings",
            {"steps": 80, "select_by": "binary_accuracy", "direction": "higher"},
            "gs://bucket/root",
        ),
        ("schedule", {}, "gs://bucket/root"),
        ("time zone", {"engine": "tfma"}, "gs://bucket/root"),
    ],
)
def test_the_job_has_every_parameter(case: str, changed: Json, root: str, understood: Json) -> None:
    job = _job(understood, case)
    config = job["runtime_config"]
    assert config["parameter_values"] == VERTEX_VALUES | changed
    assert config["gcs_output_directory"] == root
    assert "CheckpointSweep" in job["pipeline_spec"]["root"]["dag"]["tasks"]


def test_a_run_is_named_after_its_package_unless_it_is_given_a_name(understood: Json) -> None:
    names = {case: _asked(understood, case)["display_name"] for case in ("schedule", "time zone")}
    names |= {c: _job(understood, c)["display_name"] for c in ("as compiled", "who and where")}
    assert names == {
        "as compiled": "vertex",
        "who and where": "tonight",
        "schedule": "vertex",
        "time zone": "nightly",
    }


@pytest.mark.parametrize("case", ["who and where", "schedule"])
def test_the_tasks_run_as_the_account_and_in_the_network_that_are_named(
    case: str, understood: Json
) -> None:
    job = _job(understood, case)
    assert (job["service_account"], job["network"]) == ("a@b", NETWORK)


@pytest.mark.parametrize(
    ("case", "cached"), [("as compiled", True), ("no caching", False), ("time zone", False)]
)
def test_caching_can_be_turned_off_for_a_run(case: str, cached: bool, understood: Json) -> None:
    tasks = _job(understood, case)["pipeline_spec"]["root"]["dag"]["tasks"]
    assert tasks["Trainer"]["cachingOptions"].get("enableCache", False) is cached


@pytest.mark.parametrize(("case", "cron"), [("schedule", CRON), ("time zone", BERLIN)])
def test_a_schedule_starts_one_run_at_a_time(case: str, cron: str, understood: Json) -> None:
    schedule = _asked(understood, case)
    assert schedule["cron"] == cron
    assert schedule["max_concurrent_run_count"] == "1"
    assert "pipelines/schedules/7?project=project" in understood["vertex"][case]["output"]


def test_a_run_joins_its_experiment_after_it_was_started(understood: Json) -> None:
    tried = understood["vertex"]["experiment"]
    job, experiment = tried["asked"]
    assert (job["what"], experiment) == ("pipelineJobs", {"what": "experiment", "name": "nightly"})
    assert "pipelines/runs/7?project=project" in tried["output"]


@pytest.mark.parametrize(
    ("case", "status", "advice"),
    [
        ("seconds", 2, "the five fields"),
        ("no fields", 2, "the five fields"),
        ("name of a schedule", 2, "the five fields"),
        ("no time zone", 2, "there is no 'Here'"),
        ("schedule in an experiment", 2, "Leave out --experiment or --schedule"),
        ("local data", 2, "by an absolute path in the image"),
        ("data in another store", 2, "Vertex AI reads gs:// and paths in the image"),
        ("root in another store", 2, "Vertex AI needs --root=gs://"),
        ("too few steps", 2, "Raise --steps"),
        ("no engine", 2, "is not one of"),
        ("long name", 1, "128 characters"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(
    case: str, status: int, advice: str, understood: Json
) -> None:
    tried = understood["vertex"][case]
    assert (tried["status"], tried["asked"]) == (status, [])
    assert advice in tried["output"]


@pytest.mark.parametrize(
    ("options", "other"),
    [
        (["kubeflow", "--host=http://127.0.0.1:9"], "vertex"),
        (["vertex", "--project=project", "--region=europe-west4"], "kubeflow"),
    ],
)
def test_a_package_compiled_for_the_other_target_is_refused(
    options: list[str], other: str, compiled: dict[str, Path]
) -> None:
    done = CliRunner().invoke(app, [*options, f"--package={compiled[other]}"])
    assert done.exit_code == 2
    assert f"was compiled for {other}" in done.output
