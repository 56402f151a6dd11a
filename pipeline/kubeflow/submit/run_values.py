"""The parameters of a run: as compiled, unless another value is given."""

import dataclasses

from checkpoint_sweep.common.json_safe import Json
from pipeline.kubeflow import parameters
from pipeline.kubeflow.parameters import RunParameterError
from pipeline.kubeflow.task_names import BASELINE_IMPORTER


@dataclasses.dataclass(frozen=True)
class RunOverrides:
    """What was given for one run; None for what was compiled.

    Attributes:
        data: Folder of the data, see `parameters.data`.
        push_to: Folder to push to, see `parameters.push_destination`.
        baseline: Model to compare with, see `parameters.baseline`.
        settings: Other parameters of the run by name.
    """

    data: str | None = None
    push_to: str | None = None
    baseline: str | None = None
    settings: dict[str, str | int | None] = dataclasses.field(default_factory=dict)


def kubeflow_values(spec: Json, root: str, given: RunOverrides) -> dict[str, str | int]:
    """Computes the value of every parameter of a run on Kubeflow.

    Args:
        spec: Compiled `PipelineSpec`.
        root: Pipeline root of the run.
        given: Values of this run.

    Raises:
        RunParameterError: a value cannot work, or not with what was compiled.
    """
    wanted = spec["root"]["inputDefinitions"]["parameters"]
    values = {name: entry["defaultValue"] for name, entry in wanted.items()}
    values[parameters.BASELINE] = _baseline(spec, values, root, given)
    if given.data is not None:
        compiled, now = (parameters.is_imported(d) for d in (values[parameters.DATA], given.data))
        if compiled != now:
            raise RunParameterError(
                f"data is {given.data!r}, and the pipeline was compiled for "
                f"{'a URI' if compiled else 'a path in the image'}. Compile it with this --data."
            )
    return _complete(wanted, values, given)


def vertex_values(job: Json, root: str, given: RunOverrides) -> dict[str, str | int]:
    """Computes the value of every parameter of a run on Vertex AI.

    Args:
        job: Compiled `PipelineJob`.
        root: Pipeline root of the run.
        given: Values of this run; Vertex AI finds the baseline by itself.

    Raises:
        RunParameterError: a value cannot work.
    """
    wanted = job["pipelineSpec"]["root"]["inputDefinitions"]["parameters"]
    values = _complete(wanted, job["runtimeConfig"]["parameterValues"], given)
    parameters.check_for_vertex(root, str(values[parameters.DATA]))
    return values


def _complete(wanted: Json, compiled: Json, given: RunOverrides) -> dict[str, str | int]:
    """Puts what was given over the compiled values, but for the baseline."""
    values = compiled | {name: value for name, value in given.settings.items() if value is not None}
    if given.data is not None:
        values[parameters.DATA] = parameters.data(given.data)
    if given.push_to is not None:
        values[parameters.PUSH_DESTINATION] = parameters.push_destination(given.push_to)
    parameters.check_complete(wanted, values)
    # A package for Vertex AI that 0.2.0 compiled has no settings.
    if parameters.STEPS in values:
        _check_steps(values)
    return values


def _baseline(spec: Json, values: Json, root: str, given: RunOverrides) -> str:
    """Computes the baseline of a run.

    It goes with the folder that is pushed to, if it was compiled so.
    """
    compiled = values[parameters.BASELINE]
    name: str | None = given.baseline
    push_to = parameters.pushed_folder(values[parameters.PUSH_DESTINATION])
    if name is None and parameters.is_no_baseline(compiled):
        name = ""
    elif name is None and (compiled != push_to or given.push_to is None):
        name = compiled
    value = parameters.baseline(name, root, push_to if given.push_to is None else given.push_to)
    in_place = BASELINE_IMPORTER not in spec["root"]["dag"]["tasks"]
    opened = value.startswith(("/", "gs://")) if in_place else not value.startswith("/")
    if not opened and not parameters.is_no_baseline(value):
        raise RunParameterError(
            f"baseline is {value!r}, and the pipeline was compiled for "
            f"{'one on gs:// or on a volume' if in_place else 'one in an object store'}. Compile "
            f"it with --baseline={value}."
        )
    return value


def _check_steps(values: Json) -> None:
    steps, every = values[parameters.STEPS], values[parameters.CHECKPOINT_STEPS]
    if steps < every:
        raise RunParameterError(
            f"{steps} steps with a checkpoint every {every} leave none to choose from. Raise "
            "--steps or lower --checkpoint-steps."
        )
