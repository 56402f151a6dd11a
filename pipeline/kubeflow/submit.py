"""Submits a compiled pipeline; runs in the environment of the Kubeflow SDK, without TFX."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console

from pipeline.kubeflow import parameters
from pipeline.reporting import quiet
from pipeline.reporting.failure import fail

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

Data = Annotated[str | None, typer.Option(help="Folder with CSV files. (default: as compiled)")]
PushTo = Annotated[str | None, typer.Option(help="Folder to push to. (default: as compiled)")]
Root = Annotated[str | None, typer.Option(help="Pipeline root. (default: as compiled)")]


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
        typer.Option(help="URI of the deployed model; empty for none. (default: as compiled)"),
    ] = None,
    root: Root = None,
    run_name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    experiment: Annotated[str | None, typer.Option(help="Experiment of the run.")] = None,
    namespace: Annotated[str | None, typer.Option(help="In multi-user Kubeflow.")] = None,
) -> None:
    """Start a run on Kubeflow Pipelines 2.x and print its URL."""
    spec = _load(package)
    where = root or spec["defaultPipelineRoot"]
    try:
        values = kubeflow_values(spec, where, data, push_to, baseline)
    except parameters.ParameterError as error:
        fail(str(error), 2)
    quiet.before_imports()
    from kfp import Client

    # No enable_caching: it would override what was compiled for each task.
    run = Client(host=host, namespace=namespace or "kubeflow").create_run_from_pipeline_package(
        str(package),
        arguments=values,
        run_name=run_name,
        experiment_name=experiment,
        namespace=namespace,
        pipeline_root=where,
    )
    Console().print(f"Run {run.run_id}: {host}/#/runs/details/{run.run_id}", soft_wrap=True)


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
    job = _load(package)
    try:
        values = vertex_values(job, data, push_to)
    except parameters.ParameterError as error:
        fail(str(error), 2)
    vertex_job(package, project, region, values, root).submit(service_account=service_account)


def kubeflow_values(
    spec: dict[str, Any], root: str, data: str | None, push_to: str | None, baseline: str | None
) -> dict[str, str]:
    """The value of every runtime parameter: as compiled, unless another is given.

    Args:
        spec: the compiled `PipelineSpec`.
        root: pipeline root of the run.
        data: see `parameters.data`.
        push_to: see `parameters.push_destination`.
        baseline: see `parameters.baseline`.

    Raises:
        ParameterError: a value cannot work with what was compiled.
    """
    wanted = spec["root"]["inputDefinitions"]["parameters"]
    values = {name: entry["defaultValue"] for name, entry in wanted.items()}
    if parameters.is_no_baseline(values[parameters.BASELINE]):
        values[parameters.BASELINE] = parameters.baseline("", root)
    if data is not None:
        compiled, given = (parameters.is_imported(d) for d in (values[parameters.DATA], data))
        if compiled != given:
            raise parameters.ParameterError(
                f"data is {data!r}, and the pipeline was compiled for "
                f"{'a URI' if compiled else 'a path in the image'}. Compile it with this --data."
            )
        values[parameters.DATA] = parameters.data(data)
    if push_to is not None:
        values[parameters.PUSH_DESTINATION] = parameters.push_destination(push_to)
    if baseline is not None:
        values[parameters.BASELINE] = parameters.baseline(baseline, root)
    parameters.check_complete(wanted, values)
    return values


def vertex_values(job: dict[str, Any], data: str | None, push_to: str | None) -> dict[str, str]:
    """As `kubeflow_values`, for a compiled `PipelineJob`.

    Raises:
        ParameterError: a value cannot work.
    """
    values = dict(job["runtimeConfig"]["parameterValues"])
    if data is not None:
        values[parameters.DATA] = parameters.data(data)
    if push_to is not None:
        values[parameters.PUSH_DESTINATION] = parameters.push_destination(push_to)
    parameters.check_complete(job["pipelineSpec"]["root"]["inputDefinitions"]["parameters"], values)
    return values


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


def _load(package: Path) -> dict[str, Any]:
    if not package.is_file():
        fail(f"There is no {package}. Compile it: python -m pipeline.kubeflow --help", 2)
    text = package.read_text()
    loaded: dict[str, Any] = yaml.safe_load(text) if package.suffix == ".yaml" else json.loads(text)
    return loaded


if __name__ == "__main__":
    sys.exit(app())
