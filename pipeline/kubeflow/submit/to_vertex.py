"""Starts or schedules runs on Vertex AI."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from pipeline.kubeflow.parameters import RunParameterError
from pipeline.kubeflow.submit import options
from pipeline.kubeflow.submit.run_values import vertex_values
from pipeline.kubeflow.submit.schedules import ScheduleError, check_for_vertex
from pipeline.reporting import log_filters
from pipeline.reporting.failure import fail

_CONSOLE = "https://console.cloud.google.com/vertex-ai/locations"


@options.takes_submit_options
def vertex(
    project: Annotated[str, typer.Option(help="Google Cloud project.")],
    region: Annotated[str, typer.Option(help="Region, such as europe-west4.")],
    package: Annotated[Path, typer.Option(help="The compiled pipeline.")] = Path(
        "compiled/taxi-vertex.json"
    ),
    *,
    given: options.SubmitOptions,
    service_account: Annotated[str | None, typer.Option(help="That the tasks run as.")] = None,
    network: Annotated[
        str | None,
        typer.Option(help="Peered network of the tasks: projects/ID/global/networks/NAME."),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            help="Start runs by a schedule: cron without seconds, such as '30 6 * * *', in UTC or "
            "after a time zone, 'TZ=Europe/Berlin 30 6 * * *'."
        ),
    ] = None,
) -> None:
    """Start a run on Vertex AI, or schedule runs, and print the URL."""
    if schedule is not None and given.experiment is not None:
        fail("Vertex AI's schedules know no experiment. Leave out --experiment or --schedule.", 2)
    try:
        if schedule is not None:
            check_for_vertex(schedule)
        compiled = options.load(package, "vertex").spec
        pipeline_root = given.root or compiled["runtimeConfig"]["gcsOutputDirectory"]
        values = vertex_values(compiled, pipeline_root, given.overrides)
    except (RunParameterError, ScheduleError) as error:
        fail(str(error), 2)
    log_filters.silence_imports()
    # The SDK would say in six lines what is printed below.
    logging.disable(logging.INFO)
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from google.cloud import aiplatform

    console_url = f"{_CONSOLE}/{region}/pipelines"
    try:
        job = aiplatform.PipelineJob(
            display_name=given.run_name or package.stem,
            template_path=str(package),
            parameter_values=values,
            pipeline_root=pipeline_root,
            enable_caching=given.caching_of_all,
            project=project,
            location=region,
        )
        if schedule is not None:
            made = job.create_schedule(
                cron=schedule,
                display_name=given.run_name or package.stem,
                service_account=service_account,
                network=network,
            )
            options.say(
                f"Schedule {made.name}: {console_url}/schedules/{made.name}?project={project}"
            )
            return
        job.submit(service_account=service_account, network=network, experiment=given.experiment)
    except (GoogleAPIError, GoogleAuthError, ValueError, RuntimeError) as error:
        cause = f" {error.__cause__}" if error.__cause__ else ""
        fail(f"Submitting to Vertex AI failed: {error}{cause}", 1)
    options.say(f"Run {job.name}: {console_url}/runs/{job.name}?project={project}")
