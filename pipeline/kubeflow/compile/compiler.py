"""Compiles the pipeline for Kubeflow Pipelines 2.x and for Vertex AI."""

import dataclasses
from pathlib import Path

from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode

from checkpoint_sweep.common.files import write_json, write_text
from checkpoint_sweep.common.json_safe import Json
from pipeline.config import PipelineConfig
from pipeline.dag import create_pipeline, example_gen
from pipeline.deployment import Deployment
from pipeline.kubeflow import console_outputs as console
from pipeline.kubeflow import parameters, task_names
from pipeline.kubeflow.compile import first_tasks
from pipeline.kubeflow.compile.pod_specs import set_pods, set_vertex_pods
from pipeline.kubeflow.compile.pusher import Pusher
from pipeline.kubeflow.compile.run_settings import add_run_settings
from pipeline.kubeflow.compile.site import Site
from pipeline.kubeflow.compile.spec import add_run_parameter, cache
from pipeline.kubeflow.package import Package, text_of
from pipeline.kubeflow.parameters import STRING

RuntimeParameter = tfx.dsl.experimental.RuntimeParameter
_PUSHER = "Pusher"
_ENTRYPOINT = ["python", "-m", "pipeline.kubeflow.task.entrypoint"]
_VERTEX_ENTRYPOINT = ["python", "-m", "pipeline.kubeflow.task.vertex_entrypoint"]


def compile_for_kubeflow(config: PipelineConfig, site: Site) -> Package:
    """Compiles the pipeline for Kubeflow Pipelines 2.x, to be written as YAML.

    Kubeflow has no resolvers: tasks of our own find the baseline, see `first_tasks`.

    Raises:
        PodError: pods are set of a task that there is not.
    """
    baseline = tfx.dsl.Importer(
        RuntimeParameter(name=parameters.BASELINE, ptype=str),
        tfx.types.standard_artifacts.Model,
        output_key=task_names.MODEL,
    ).with_id(task_names.BASELINE)
    deployment = dataclasses.replace(_deployment(site, baseline), pusher=Pusher)
    pipeline = create_pipeline(config, deployment)
    spec: Json = _compile(pipeline, site.image, _ENTRYPOINT, {})["pipelineSpec"]
    console.declare(spec)
    spec["defaultPipelineRoot"] = site.root
    for name, value in site.values.items():
        add_run_parameter(spec, name, STRING, value)
    add_run_settings(spec, _settings(config))
    reader = example_gen(config.problem.file_format).__name__
    first_tasks.add_first_tasks(spec, site.image, config.problem.name, reader)
    # What it pushed may have been removed.
    cache(spec, _PUSHER, False)
    return Package(spec, set_pods(spec, site.pods))


def _settings(config: PipelineConfig) -> dict[str, str | int]:
    direction = config.direction.word if config.direction else ""
    return {
        parameters.STEPS: config.steps,
        parameters.CHECKPOINT_STEPS: config.checkpoint_steps,
        parameters.SELECT_BY: config.select_by,
        parameters.DIRECTION: direction,
        parameters.ENGINE: config.engine,
    }


def compile_for_vertex(config: PipelineConfig, site: Site) -> Package:
    """Compiles the job for Vertex AI, to be written as JSON; it resolves the baseline itself.

    Raises:
        PodError: pods are set of a task that there is not, or as Vertex AI cannot.
    """
    values = {name: v for name, v in site.values.items() if name != parameters.BASELINE}
    pipeline = create_pipeline(config, _deployment(site, _latest_blessed_model()))
    job = _compile(pipeline, site.image, _VERTEX_ENTRYPOINT, values)
    spec, settings = job["pipelineSpec"], _settings(config)
    console.declare(spec)
    add_run_settings(spec, settings)
    job["runtimeConfig"]["parameterValues"] |= settings
    first_tasks.add_settings_task(spec, site.image, config.problem.name, settings)
    set_vertex_pods(spec, site.pods)
    return Package(job)


def write(compiled: Package, path: Path, header: str = "") -> None:
    """Writes YAML or JSON, by the name of the file.

    Args:
        compiled: Package to write.
        path: File to write.
        header: Line that says what made it, in YAML, which knows comments.
    """
    if path.suffix == ".yaml":
        write_text(path, (f"# {header}\n" if header else "") + text_of(compiled))
    else:
        write_json(path, compiled.spec)


def _deployment(site: Site, baseline: BaseNode) -> Deployment:
    return Deployment(
        root=site.root,
        data=RuntimeParameter(name=parameters.DATA, ptype=str),
        schema=site.schema,
        baseline=lambda candidate: baseline,
        push_destination=RuntimeParameter(name=parameters.PUSH_DESTINATION, ptype=str),
    )


def _latest_blessed_model() -> tfx.dsl.Resolver:
    """Resolves the baseline where the platform can search its metadata store."""
    return tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id("Baseline")


def _compile(
    pipeline: tfx.dsl.Pipeline, image: str, command: list[str], values: dict[str, str]
) -> Json:
    v2 = tfx.orchestration.experimental
    runner = v2.KubeflowV2DagRunner(
        v2.KubeflowV2DagRunnerConfig(
            default_image=image, default_commands=command, use_pipeline_spec_2_1=True
        )
    )
    job: Json = runner.run(pipeline, parameter_values=values, write_out=False)
    return job
