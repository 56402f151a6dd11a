"""What the backend of Kubeflow Pipelines 2.x refuses or mishandles, as rules on a compiled spec.

Over 300 lines, since it runs by itself where neither TFX nor this project is.

Runs in the environment of the Kubeflow SDK. Sources, in the repository kubeflow/pipelines:
backend/src/apiserver/template/v2_template.go, backend/src/v2/compiler/argocompiler/dag.go,
backend/src/v2/driver/{resolve,k8s}.go, backend/src/v2/component/importer_launcher.go,
kubernetes_platform/proto/kubernetes_executor_config.proto; of the servers 2.4, 2.14 and 2.17.
"""

import dataclasses
import graphlib
import json
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import yaml
from google.protobuf import json_format, struct_pb2
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes_pb
from kfp.pipeline_spec import pipeline_spec_pb2 as pb

SCHEMA_VERSION = "2.1.0"
_PIPELINE_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
# Argo's names of tasks; "-driver" is added to some.
_TASK_NAME = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]{0,120}")
# Fields of `KubernetesExecutorConfig` that server 2.4, which parses it strictly, does not know.
_AFTER_2_4 = frozenset(
    {
        "configMapNameParameter",
        "nodeAffinityJson",
        "nodeSelectorJson",
        "optional",
        "pvcNameParameter",
        "secretNameParameter",
        "securityContext",
        "subPath",
        "tolerationJson",
    }
)
# As k8s.io/apimachinery/pkg/api/resource parses what the driver gives it.
_QUANTITY = re.compile(r"\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_ROOT = re.compile(r"(gs|s3|minio)://[^/?]+(/[^?]*)?")

_Type = pb.ParameterType
_KINDS = {
    _Type.STRING: "string_value",
    _Type.NUMBER_INTEGER: "number_value",
    _Type.NUMBER_DOUBLE: "number_value",
    _Type.BOOLEAN: "bool_value",
    _Type.LIST: "list_value",
    _Type.STRUCT: "struct_value",
}


@dataclasses.dataclass(frozen=True)
class Submission:
    """A run as it would be submitted.

    Attributes:
        spec: the compiled pipeline, parsed.
        deployment: its executors, parsed.
        values: the runtime parameters that are passed.
        root: the pipeline root that is passed.
        platform: for Kubernetes, a config by executor.
    """

    spec: pb.PipelineSpec
    deployment: pb.PipelineDeploymentConfig
    values: Mapping[str, struct_pb2.Value]
    root: str
    platform: Mapping[str, Any]


class ConformanceError(ValueError):
    """The backend would refuse or mishandle the run; one line for each broken rule."""


def submission(
    spec: Mapping[str, Any],
    values: Mapping[str, Any],
    root: str,
    platform: Mapping[str, Any] | None = None,
    without: Collection[str] = (),
) -> Submission:
    """Parses strictly, as the API server does, and checks every rule.

    Args:
        spec: the compiled pipeline as YAML gives it.
        values: runtime parameters as JSON gives them.
        root: pipeline root.
        platform: the document after it, if there is one.
        without: names of rules that are Kubeflow's alone, of a pipeline for Vertex AI.

    Raises:
        ConformanceError: a rule is broken; each line of the message begins with a rule's name.
    """
    try:
        parsed = json_format.ParseDict(spec, pb.PipelineSpec())
        deployment = json_format.ParseDict(
            json_format.MessageToDict(parsed.deployment_spec), pb.PipelineDeploymentConfig()
        )
        struct = json_format.ParseDict(dict(values), struct_pb2.Struct())
        configs = _kubernetes(platform or {})
    except json_format.ParseError as error:
        raise ConformanceError(f"strict-parse: {error}") from None
    run = Submission(parsed, deployment, struct.fields, root, configs)
    broken = [
        f"{name}: {what}"
        for name, rule in RULES.items()
        if name not in without
        for what in rule(run)
    ]
    if broken:
        raise ConformanceError("\n".join(broken))
    return run


def _kubernetes(platform: Mapping[str, Any]) -> dict[str, Any]:
    """The configs by executor, after each has been parsed strictly, as the driver does."""
    spec = json_format.ParseDict(dict(platform), pb.PlatformSpec())
    executors = spec.platforms["kubernetes"].deployment_spec.executors if platform else {}
    configs = {label: json_format.MessageToDict(config) for label, config in executors.items()}
    for config in configs.values():
        json_format.ParseDict(config, kubernetes_pb.KubernetesExecutorConfig())
    return configs


def _schema_version(run: Submission) -> Iterator[str]:
    if run.spec.schema_version != SCHEMA_VERSION:
        yield f"schema version is {run.spec.schema_version!r}, and only {SCHEMA_VERSION} is taken"


def _executor_kinds(run: Submission) -> Iterator[str]:
    for label, executor in run.deployment.executors.items():
        kind = executor.WhichOneof("spec")
        if kind not in ("container", "importer"):
            yield f"{label} is a {kind}; the backend runs containers and importers"


def _names(run: Submission) -> Iterator[str]:
    name = run.spec.pipeline_info.name
    if not _PIPELINE_NAME.fullmatch(name):
        yield f"the pipeline's name {name!r} is not lower case letters, digits, '-' and '.'"
    for task in run.spec.root.dag.tasks:
        if not _TASK_NAME.fullmatch(task):
            yield f"the task's name {task!r} is not letters, digits and '-'"


def _references(run: Submission) -> Iterator[str]:
    tasks = run.spec.root.dag.tasks
    for name, task in tasks.items():
        if task.component_ref.name not in run.spec.components:
            yield f"{name} refers to the component {task.component_ref.name!r}, which is missing"
            continue
        component = run.spec.components[task.component_ref.name]
        if component.executor_label not in run.deployment.executors:
            yield f"{name} refers to the executor {component.executor_label!r}, which is missing"
        for key, source in task.inputs.artifacts.items():
            producer = source.task_output_artifact.producer_task
            output = source.task_output_artifact.output_artifact_key
            if producer not in tasks:
                yield f"{name} takes {key!r} from the task {producer!r}, which is missing"
            elif output not in _outputs(run, producer):
                yield f"{name} takes {key!r} from {producer}.{output}, which is no output"
        for key in sorted(component.input_definitions.artifacts.keys() - task.inputs.artifacts):
            yield f"{name} gets no input {key!r}"
        for upstream in task.dependent_tasks:
            if upstream not in tasks:
                yield f"{name} depends on the task {upstream!r}, which is missing"
    try:
        graphlib.TopologicalSorter(waiting_for(run.spec)).prepare()
    except graphlib.CycleError as error:
        yield f"tasks wait for each other: {error.args[1]}"


def _parameters_given(run: Submission) -> Iterator[str]:
    wanted = run.spec.root.input_definitions.parameters
    for name in sorted(wanted.keys() - run.values.keys()):
        yield f"the run passes no {name!r}"
    for name in sorted(run.values.keys() - wanted.keys()):
        yield f"the run passes {name!r}, which the pipeline does not have"


def _parameter_types(run: Submission) -> Iterator[str]:
    wanted = run.spec.root.input_definitions.parameters
    for name in sorted(wanted.keys() & run.values.keys()):
        yield from _mismatch(f"parameter {name!r}", wanted[name], run.values[name])
    for task_name, task in run.spec.root.dag.tasks.items():
        definitions = run.spec.components[task.component_ref.name].input_definitions.parameters
        for key, entry in definitions.items():
            what = f"parameter {key!r} of {task_name}"
            if key not in task.inputs.parameters:
                yield f"{what} has no value"
                continue
            source = task.inputs.parameters[key]
            if source.WhichOneof("kind") == "runtime_value":
                yield from _mismatch(what, entry, source.runtime_value.constant)
            elif source.WhichOneof("kind") == "task_output_parameter":
                yield from _given_out(run, what, entry, source.task_output_parameter)
            elif source.component_input_parameter not in wanted:
                missing = source.component_input_parameter
                yield f"{what} is the run's parameter {missing!r}, which the pipeline does not have"


def _given_out(run: Submission, what: str, entry: Any, source: Any) -> Iterator[str]:
    task, key = source.producer_task, source.output_parameter_key
    if task not in run.spec.root.dag.tasks:
        yield f"{what} is given by the task {task!r}, which is missing"
        return
    component = run.spec.components[run.spec.root.dag.tasks[task].component_ref.name]
    given = component.output_definitions.parameters
    if key not in given:
        yield f"{what} is {task}.{key}, which is no output"
    elif given[key].parameter_type != entry.parameter_type:
        yield f"{what} has another type than {task}.{key}"


def _mismatch(what: str, entry: Any, value: struct_pb2.Value) -> Iterator[str]:
    kind = _KINDS.get(entry.parameter_type)
    if kind is None:
        yield f"{what} has no type"
    elif value.WhichOneof("kind") != kind:
        wanted = _Type.ParameterTypeEnum.Name(entry.parameter_type)
        yield f"{what} is {value.WhichOneof('kind')}, and {wanted} is wanted"


def _importers(run: Submission) -> Iterator[str]:
    for name, task in run.spec.root.dag.tasks.items():
        label = run.spec.components[task.component_ref.name].executor_label
        executor = run.deployment.executors[label]
        if executor.WhichOneof("spec") != "importer":
            continue
        if task.trigger_policy.condition:
            yield f"the importer {name} has a condition"
        if len(_outputs(run, name)) != 1:
            yield f"the importer {name} must have one output"
        try:
            uri = importer_uri(run, task, executor.importer)
        except KeyError as error:
            yield f"the importer {name} has no value for {error.args[0]!r}"
            continue
        if not _ROOT.fullmatch(uri):
            yield f"the importer {name} gets {uri!r}, which is no URI of an object store"


def _artifact_titles(run: Submission) -> Iterator[str]:
    for name, component in run.spec.components.items():
        for key, entry in component.output_definitions.artifacts.items():
            schema = yaml.safe_load(entry.artifact_type.instance_schema) or {}
            if not schema.get("title") and not entry.artifact_type.schema_title:
                yield f"the output {key!r} of {name} has a type without a title"


def _containers(run: Submission) -> Iterator[str]:
    for label, executor in run.deployment.executors.items():
        if executor.WhichOneof("spec") == "container":
            if not executor.container.image:
                yield f"{label} has no image"
            if not executor.container.command:
                yield f"{label} has no command"


def _resources(run: Submission) -> Iterator[str]:
    for label, executor in run.deployment.executors.items():
        given = executor.container.resources
        texts = {
            field.name: getattr(given, field.name)
            for field in given.DESCRIPTOR.fields
            if field.name.startswith("resource_")
        }
        texts["accelerator"] = given.accelerator.resource_count
        for name, text in texts.items():
            if text and not _QUANTITY.fullmatch(text):
                yield f"{label} has {text!r} as {name}, which is no quantity"


def _platform_executors(run: Submission) -> Iterator[str]:
    for label in run.platform:
        if run.deployment.executors[label].WhichOneof("spec") != "container":
            yield f"the platform configures {label!r}, which is no container"


def _platform_fields(run: Submission) -> Iterator[str]:
    for label, config in run.platform.items():
        for name in sorted(_fields(config) & _AFTER_2_4):
            yield f"the platform configures {label} by {name!r}, which server 2.4 refuses"


def _fields(config: Any) -> set[str]:
    """The names of fields at any depth."""
    if isinstance(config, list):
        return set().union(*map(_fields, config))
    if isinstance(config, dict):
        return set(config).union(*map(_fields, config.values()))
    return set()


def _pipeline_root(run: Submission) -> Iterator[str]:
    if not _ROOT.fullmatch(run.root):
        yield f"the pipeline root {run.root!r} is not gs://, s3:// or minio://"


# Those after "references" look things up without asking whether they are there.
RULES: dict[str, Callable[[Submission], Iterator[str]]] = {
    "schema-version": _schema_version,
    "no-resolvers": _executor_kinds,
    "names": _names,
    "references": _references,
    "parameters-given": _parameters_given,
    "parameter-types": _parameter_types,
    "importers": _importers,
    "artifact-titles": _artifact_titles,
    "containers": _containers,
    "pipeline-root": _pipeline_root,
    "resources": _resources,
    "platform-executors": _platform_executors,
    "platform-fields": _platform_fields,
}


def waiting_for(spec: pb.PipelineSpec) -> dict[str, set[str]]:
    """By task, those it depends on or takes an input from."""
    tasks = spec.root.dag.tasks.items()
    return {
        name: {s.task_output_artifact.producer_task for s in task.inputs.artifacts.values()}
        | {
            s.task_output_parameter.producer_task
            for s in task.inputs.parameters.values()
            if s.WhichOneof("kind") == "task_output_parameter"
        }
        | set(task.dependent_tasks)
        for name, task in tasks
    }


def importer_uri(
    run: Submission,
    task: pb.PipelineTaskSpec,
    importer: pb.PipelineDeploymentConfig.ImporterSpec,
) -> str:
    """The URI that an importer registers.

    Raises:
        KeyError: it is a runtime parameter without a value.
    """
    uri = importer.artifact_uri
    if uri.WhichOneof("value") == "constant":
        return str(uri.constant.string_value)
    source = task.inputs.parameters[uri.runtime_parameter].component_input_parameter
    if source not in run.values:
        raise KeyError(source)
    return str(run.values[source].string_value)


def _outputs(run: Submission, task: str) -> Any:
    component = run.spec.components[run.spec.root.dag.tasks[task].component_ref.name]
    return component.output_definitions.artifacts


def main() -> None:
    """Reads a list of arguments of `submission` and writes what it has against each."""
    messages = []
    for given in json.load(sys.stdin):
        try:
            submission(**given)
            messages.append("")
        except ConformanceError as error:
            messages.append(str(error))
    json.dump(messages, sys.stdout)


if __name__ == "__main__":
    main()
