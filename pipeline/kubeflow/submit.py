"""Submits a compiled pipeline; runs in the environment of the Kubeflow SDK, without TFX."""

import enum
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pipeline.kubeflow import package as package_file
from pipeline.kubeflow import parameters
from pipeline.kubeflow.run_values import Given, kubeflow_values, vertex_values
from pipeline.reporting import quiet
from pipeline.reporting.failure import fail

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

_AS = "(default: as compiled)"
_CRON_FIELDS = 6
_EXPERIMENT = "Default"

Data = Annotated[str | None, typer.Option(help="Folder with CSV files. (default: as compiled)")]
PushTo = Annotated[str | None, typer.Option(help="Folder to push to. (default: as compiled)")]
Root = Annotated[str | None, typer.Option(help="Pipeline root. (default: as compiled)")]


class DirectionName(enum.Enum):
    """Which values of a metric are better."""

    higher = "higher"
    lower = "lower"


class EngineName(enum.Enum):
    """What evaluates."""

    fused = "fused"
    tfma = "tfma"


@app.command()
def kubeflow(
    host: Annotated[str, typer.Option(help="URL of the Kubeflow Pipelines API.")],
    package: Annotated[Path, typer.Option(help="The compiled pipeline.")] = Path(
        "compiled/taxi-kubeflow.yaml"
    ),
    data: Data = None,
    push_to: PushTo = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Folder of the deployed model or of its versions; empty for none. "
            "(default: as compiled)"
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help=f"Training steps. {_AS}")] = None,
    checkpoint_steps: Annotated[
        int | None,
        typer.Option(min=1, help=f"Training steps from one checkpoint to the next. {_AS}"),
    ] = None,
    select_by: Annotated[
        str | None, typer.Option(help=f"Metric to choose the checkpoint by. {_AS}")
    ] = None,
    direction: Annotated[
        DirectionName | None, typer.Option(help=f"Which values of it are better. {_AS}")
    ] = None,
    engine: Annotated[EngineName | None, typer.Option(help=f"What evaluates. {_AS}")] = None,
    root: Root = None,
    run_name: Annotated[str | None, typer.Option(help="Name of the run, or of its schedule.")] = (
        None
    ),
    experiment: Annotated[str | None, typer.Option(help="Experiment of the run.")] = None,
    namespace: Annotated[str | None, typer.Option(help="In multi-user Kubeflow.")] = None,
    service_account: Annotated[
        str | None, typer.Option(help="Of Kubernetes, that the tasks run as.")
    ] = None,
    caching: Annotated[
        bool, typer.Option(help="Whether unchanged tasks are served from cache.")
    ] = True,
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
    _check_schedule(schedule)
    spec = _load(package).spec
    where = root or spec["defaultPipelineRoot"]
    settings: dict[str, str | int | None] = {
        parameters.STEPS: steps,
        parameters.CHECKPOINT_STEPS: checkpoint_steps,
        parameters.SELECT_BY: select_by,
        parameters.DIRECTION: direction and direction.value,
        parameters.ENGINE: engine and engine.value,
    }
    try:
        values = kubeflow_values(spec, where, Given(data, push_to, baseline, settings))
    except parameters.ParameterError as error:
        fail(str(error), 2)
    quiet.before_imports()
    from kfp import Client

    client = Client(
        host=host, namespace=namespace or "kubeflow", existing_token=token, cookies=cookie
    )
    # Caching is switched on for each task when it is compiled: True would override that.
    common: dict[str, Any] = {
        "pipeline_root": where,
        "enable_caching": None if caching else False,
        "service_account": service_account,
    }
    if schedule:
        found = client.create_experiment(experiment or _EXPERIMENT, namespace=namespace)
        job = client.create_recurring_run(
            experiment_id=found.experiment_id,
            job_name=run_name or package.stem,
            cron_expression=schedule,
            # What was missed while the schedule was off is not made up for.
            no_catchup=True,
            params=values,
            pipeline_package_path=str(package),
            **common,
        )
        identity = job.recurring_run_id
        _say(f"Schedule {identity}: {host}/#/recurringrun/details/{identity}")
        return
    run = client.create_run_from_pipeline_package(
        str(package),
        arguments=values,
        run_name=run_name,
        experiment_name=experiment,
        namespace=namespace,
        **common,
    )
    _say(f"Run {run.run_id}: {host}/#/runs/details/{run.run_id}")


@app.command()
def vertex(
    project: Annotated[str, typer.Option(help="Google Cloud project.")],
    region: Annotated[str, typer.Option(help="Region, such as europe-west4.")],
    package: Annotated[Path, typer.Option(help="The compiled pipeline.")] = Path(
        "compiled/taxi-vertex.json"
    ),
    data: Data = None,
    push_to: PushTo = None,
    root: Root = None,
    service_account: Annotated[str | None, typer.Option(help="That the tasks run as.")] = None,
) -> None:
    """Start a run on Vertex AI and print its URL."""
    job = _load(package).spec
    try:
        values = vertex_values(job, Given(data, push_to))
    except parameters.ParameterError as error:
        fail(str(error), 2)
    vertex_job(package, project, region, values, root).submit(service_account=service_account)


def vertex_job(
    package: Path,
    project: str,
    region: str,
    values: dict[str, str],
    root: str | None = None,
    credentials: Any | None = None,
) -> Any:
    """The `aiplatform.PipelineJob` to submit; building it needs no network.

    Args:
        package: the compiled `PipelineJob`.
        project: Google Cloud project.
        region: of Vertex AI.
        values: of the runtime parameters.
        root: pipeline root; None for the compiled one.
        credentials: of Google Cloud; None for the machine's default ones.
    """
    quiet.before_imports()
    from google.cloud import aiplatform

    return aiplatform.PipelineJob(
        display_name=package.stem,
        template_path=str(package),
        parameter_values=values,
        pipeline_root=root,
        project=project,
        location=region,
        credentials=credentials,
    )


def _say(message: str) -> None:
    Console().print(message, highlight=False, soft_wrap=True)


def _load(path: Path) -> package_file.Package:
    try:
        return package_file.read(path)
    except package_file.PackageError as error:
        fail(str(error), 2)


def _check_schedule(schedule: str | None) -> None:
    # With five fields, Kubeflow takes the minutes for seconds.
    if schedule and not schedule.startswith("@") and len(schedule.split()) != _CRON_FIELDS:
        fail(
            f"--schedule={schedule!r} does not have six fields: second, minute, hour, day of the "
            "month, month, day of the week, such as '0 30 6 * * *' for 6:30 every day.",
            2,
        )


if __name__ == "__main__":
    sys.exit(app())
