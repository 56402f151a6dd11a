"""Compiles the pipeline for Kubeflow Pipelines 2.x and for Vertex AI."""

from pathlib import Path
from typing import Any

import yaml
from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode

from checkpoint_sweep.common.files import write_json, write_text
from pipeline.config import PipelineConfig
from pipeline.dag import create_pipeline, example_gen
from pipeline.deployment import Deployment
from pipeline.kubeflow import parameters
from pipeline.kubeflow.console import outputs as console
from pipeline.kubeflow.imported_data import import_data
from pipeline.kubeflow.site import Site

RuntimeParameter = tfx.dsl.experimental.RuntimeParameter
Json = dict[str, Any]

_ENTRYPOINT = ["python", "-m", "pipeline.kubeflow.entrypoint"]
_VERTEX_ENTRYPOINT = ["python", "-m", "pipeline.kubeflow.vertex_entrypoint"]


def compile_for_kubeflow(config: PipelineConfig, site: Site) -> Json:
    """The pipeline spec for Kubeflow Pipelines 2.x, to be written as YAML.

    Kubeflow has no resolvers: the baseline is imported from a URI that is a runtime parameter.
    Data in an object store is imported too, so that the launcher's credentials fetch it.
    """
    baseline = tfx.dsl.Importer(
        RuntimeParameter(name=parameters.BASELINE, ptype=str),
        tfx.types.standard_artifacts.Model,
        output_key="model",
    ).with_id("Baseline")
    pipeline = create_pipeline(config, _deployment(site, baseline))
    reader = example_gen(config.problem.file_format).__name__
    spec: Json = _compile(pipeline, site.image, _ENTRYPOINT, {})["pipelineSpec"]
    if parameters.is_imported(site.values[parameters.DATA]):
        import_data(spec, reader=reader, parameter=parameters.DATA)
    # TFX would look at the data before the cache, by a hook that Kubeflow ignores: changed data
    # at the same place would not be noticed.
    spec["root"]["dag"]["tasks"][reader].pop("cachingOptions", None)
    console.declare(spec, _ENTRYPOINT)
    spec["defaultPipelineRoot"] = site.root
    for name, value in site.values.items():
        spec["root"]["inputDefinitions"]["parameters"][name]["defaultValue"] = value
    return spec


def compile_for_vertex(config: PipelineConfig, site: Site) -> Json:
    """The pipeline job for Vertex AI, to be written as JSON; it resolves the baseline itself."""
    values = {name: v for name, v in site.values.items() if name != parameters.BASELINE}
    pipeline = create_pipeline(config, _deployment(site, _latest_blessed_model()))
    job = _compile(pipeline, site.image, None, values)
    console.declare(job["pipelineSpec"], _VERTEX_ENTRYPOINT)
    return job


def write(compiled: Json, path: Path) -> None:
    """Writes YAML or JSON, by the name of the file."""
    if path.suffix == ".yaml":
        write_text(path, yaml.safe_dump(compiled))
    else:
        write_json(path, compiled)


def _deployment(site: Site, baseline: BaseNode) -> Deployment:
    return Deployment(
        root=site.root,
        data=RuntimeParameter(name=parameters.DATA, ptype=str),
        schema=site.schema,
        baseline=lambda candidate: baseline,
        push_destination=RuntimeParameter(name=parameters.PUSH_DESTINATION, ptype=str),
    )


def _latest_blessed_model() -> tfx.dsl.Resolver:
    """The baseline where the platform can search its metadata store, by this strategy alone."""
    return tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id("Baseline")


def _compile(
    pipeline: tfx.dsl.Pipeline, image: str, command: list[str] | None, values: dict[str, str]
) -> Json:
    v2 = tfx.orchestration.experimental
    runner = v2.KubeflowV2DagRunner(
        v2.KubeflowV2DagRunnerConfig(
            default_image=image, default_commands=command, use_pipeline_spec_2_1=True
        )
    )
    job: Json = runner.run(pipeline, parameter_values=values, write_out=False)
    return job
