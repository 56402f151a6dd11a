"""Starts or schedules runs on Kubeflow Pipelines."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.kubeflow.parameters import RunParameterError
from pipeline.kubeflow.submit import options
from pipeline.kubeflow.submit.kubeflow_api import connect, kubeflow_api, no_api, url_of
from pipeline.kubeflow.submit.run_values import kubeflow_values
from pipeline.kubeflow.submit.schedules import ScheduleError, check_for_kubeflow
from pipeline.reporting import log_filters
from pipeline.reporting.failure import fail

_EXPERIMENT = "Default"


@options.takes_submit_options
def kubeflow(
    host: Annotated[str, typer.Option(help="URL of the Kubeflow Pipelines API.")],
    package: Annotated[Path, typer.Option(help="The compiled pipeline.")] = Path(
        "compiled/taxi-kubeflow.yaml"
    ),
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Folder of the deployed model or of its versions; empty for none. "
            "(default: as compiled)"
        ),
    ] = None,
    *,
    given: options.SubmitOptions,
    namespace: Annotated[str | None, typer.Option(help="In multi-user Kubeflow.")] = None,
    service_account: Annotated[
        str | None, typer.Option(help="Of Kubernetes, that the tasks run as.")
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            help="Start runs by a schedule: cron with seconds, such as '0 30 6 * * *', or @daily."
        ),
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="KUBEFLOW_TOKEN", help="Bearer token for the API.")
    ] = None,
    cookie: Annotated[
        str | None,
        typer.Option(
            envvar="KUBEFLOW_COOKIE", help="Cookie for the API, such as authservice_session=..."
        ),
    ] = None,
) -> None:
    """Start a run on Kubeflow Pipelines 2.x, or schedule runs, and print the URL."""
    host = url_of(host)
    try:
        if schedule is not None:
            check_for_kubeflow(schedule)
        spec = options.load(package, "kubeflow").spec
        pipeline_root = given.root or spec["defaultPipelineRoot"]
        overrides = dataclasses.replace(given.overrides, baseline=baseline)
        values = kubeflow_values(spec, pipeline_root, overrides)
    except (RunParameterError, ScheduleError) as error:
        fail(str(error), 2)
    log_filters.silence_imports()
    common: dict[str, Any] = {
        "pipeline_root": pipeline_root,
        "enable_caching": given.caching_of_all,
        "service_account": service_account,
    }
    with kubeflow_api(host, [token, cookie]):
        client = connect(host, namespace or "kubeflow", token, cookie)
        if schedule is not None:
            found = client.create_experiment(given.experiment or _EXPERIMENT, namespace=namespace)
            job = client.create_recurring_run(
                experiment_id=found.experiment_id,
                job_name=given.run_name or package.stem,
                cron_expression=schedule,
                # What was missed while the schedule was off is not made up for.
                no_catchup=True,
                params=values,
                pipeline_package_path=str(package),
                **common,
            )
            what, identity, page = "Schedule", job.recurring_run_id, "recurringrun"
        else:
            run = client.create_run_from_pipeline_package(
                str(package),
                arguments=values,
                run_name=given.run_name,
                experiment_name=given.experiment,
                namespace=namespace,
                **common,
            )
            what, identity, page = "Run", run.run_id, "runs"
    if not isinstance(identity, str) or not identity:
        fail(no_api(host, "it gives no id for what was submitted"), 1)
    options.say(f"{what} {identity}: {host}/#/{page}/details/{identity}")
