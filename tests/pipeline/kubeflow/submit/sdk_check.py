"""Loads the compiled packages by the SDKs that would submit them; writes what they understood.

Runs in the environment of the Kubeflow SDK:
`python -m tests.pipeline.kubeflow.submit.sdk_check YAML JSON`, with a JSON list of lists of options
for `submit vertex` as its input. Google's services are not called: their clients record what they
get.
"""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform
from google.cloud.aiplatform.utils import gcs_utils
from google.cloud.aiplatform_v1.services.pipeline_service import PipelineServiceClient
from google.cloud.aiplatform_v1.services.schedule_service import ScheduleServiceClient
from kfp import components
from typer.testing import CliRunner

from pipeline.kubeflow.submit.__main__ import app

Json = dict[str, Any]


@contextlib.contextmanager
def recorded() -> Iterator[list[Json]]:
    """Gives what the services are asked for: jobs, schedules, experiments, in order."""
    asked: list[Json] = []

    def record(what: str, message: Any, **more: Any) -> Any:
        asked.append({"what": what, "message": type(message).to_dict(message), **more})
        message.name = f"{more['parent']}/{what}/7"
        return message

    def create_pipeline_job(self: object, *, pipeline_job: Any, parent: str, **more: Any) -> Any:
        return record("pipelineJobs", pipeline_job, parent=parent)

    def create_schedule(self: object, *, schedule: Any, parent: str, **more: Any) -> Any:
        return record("schedules", schedule, parent=parent)

    def experiment(self: object, name: str) -> None:
        asked.append({"what": "experiment", "name": name})

    bucket = "create_gcs_bucket_for_pipeline_artifacts_if_it_does_not_exist"
    patches = [
        mock.patch("google.auth.default", return_value=(AnonymousCredentials(), "project")),
        mock.patch.object(gcs_utils, bucket),
        mock.patch.object(PipelineServiceClient, "create_pipeline_job", create_pipeline_job),
        mock.patch.object(ScheduleServiceClient, "create_schedule", create_schedule),
        mock.patch.object(aiplatform.PipelineJob, "_validate_experiment"),
        mock.patch.object(aiplatform.PipelineJob, "_associate_to_experiment", experiment),
    ]
    with contextlib.ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        yield asked


def submit(vertex: Path, options: list[str]) -> Json:
    """What `submit vertex` does with these options: exit status, output, what it asks for."""
    place = ["--project=project", "--region=europe-west4", f"--package={vertex}"]
    with recorded() as asked:
        done = CliRunner().invoke(app, ["vertex", *place, *options])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return {"status": done.exit_code, "output": done.output, "asked": asked}


def main(kubeflow: Path, vertex: Path) -> None:
    """Prints one JSON object: the inputs that Kubeflow sees, what Vertex AI would get each time."""
    component = components.load_component_from_file(str(kubeflow))
    understood = {
        "kubeflow": {name: i.type for name, i in component.component_spec.inputs.items()},
        "vertex": [submit(vertex, options) for options in json.load(sys.stdin)],
    }
    json.dump(understood, sys.stdout)


if __name__ == "__main__":
    main(*(Path(arg) for arg in sys.argv[1:]))
