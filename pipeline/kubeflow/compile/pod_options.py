"""What pods get, as a command line or a YAML file says it."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from checkpoint_sweep.common.json_safe import Json
from pipeline.kubeflow.compile.pods import ALL, Pod, PodError, Pods, check

_FOR_ONE = "repeatable; TASK:VALUE for one task."

PodsFile = Annotated[
    Path | None,
    typer.Option(
        help=f"YAML file: what the pod of each task, or of {ALL}, gets: docs/kubeflow.md."
    ),
]
Resources = Annotated[
    list[str] | None,
    typer.Option(help=f"Such as cpu=4,memory=16G, with accelerator=NAME:COUNT; {_FOR_ONE}"),
]
Retries = Annotated[
    list[str] | None, typer.Option(help=f"How often a failed task is started again; {_FOR_ONE}")
]
Env = Annotated[list[str] | None, typer.Option(help=f"NAME=VALUE of the environment; {_FOR_ONE}")]
Secret = Annotated[
    list[str] | None,
    typer.Option(
        help=f"NAME=SECRET/KEY as environment, or /path=SECRET as files; {_FOR_ONE}",
    ),
]
Volume = Annotated[
    list[str] | None,
    typer.Option(help=f"/path=CLAIM mounts a persistent volume claim; {_FOR_ONE}"),
]


def from_file(path: Path) -> Pods:
    """Reads a YAML file: for each task, or for `all`, the fields of a `Pod`.

    Raises:
        PodError: it is not there, or something in it cannot be used.
    """
    try:
        content = yaml.safe_load(path.read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PodError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise PodError(f"{path} is not a mapping of tasks, or {ALL}, to what their pods get.")
    try:
        return Pods({str(task): _pod(fields) for task, fields in content.items()})
    except PodError as error:
        raise PodError(f"{path}: {error}") from error


def from_options(
    resources: Sequence[str] = (),
    retries: Sequence[str] = (),
    env: Sequence[str] = (),
    secret: Sequence[str] = (),
    volume: Sequence[str] = (),
) -> Pods:
    """Reads what was given on a command line, each as `VALUE` for all or `TASK:VALUE` for one.

    Args:
        resources: Texts such as `cpu=4,memory=16G,accelerator=nvidia.com/gpu:1`.
        retries: Numbers.
        env: Texts `NAME=VALUE`.
        secret: Texts `NAME=SECRET/KEY`, or `/path=SECRET`.
        volume: Texts `/path=CLAIM`.

    Raises:
        PodError: something cannot be used.
    """
    pods = Pods()
    for text in resources:
        task, pairs = _addressed(text)
        fields = dict(_pair(pair, "--resources=cpu=4,memory=16G") for pair in pairs.split(","))
        unknown = fields.keys() - {"cpu", "memory", "cpu_request", "memory_request", "accelerator"}
        if unknown:
            raise PodError(f"--resources={text} names {sorted(unknown)[0]!r}, which is none.")
        pods = Pods({task: _pod(fields)}).over(pods)
    for text in retries:
        task, number = _addressed(text)
        pods = Pods({task: _pod({"retries": int(number) if number.isdecimal() else number})}).over(
            pods
        )
    named = (("env", env), ("secrets", secret), ("volumes", volume))
    for field, texts in named:
        for text in texts:
            task, pair = _addressed(text)
            name, value = _pair(pair, "[TASK:]NAME=VALUE")
            into = "secret_volumes" if field == "secrets" and name.startswith("/") else field
            pods = Pods({task: _pod({into: {name: value}})}).over(pods)
    return pods


def _addressed(text: str) -> tuple[str, str]:
    """Splits a text into the task and what is said of it."""
    task, colon, value = text.partition(":")
    if colon and "=" not in task and "/" not in task:
        return task, value
    return ALL, text


def _pair(text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise PodError(f"{text!r} is not NAME=VALUE. Write it as {form}.")
    return name, value


def _pod(fields: Any) -> Pod:
    if not isinstance(fields, dict):
        raise PodError(f"{fields!r} is not a mapping.")
    known = [field.name for field in dataclasses.fields(Pod)]
    if unknown := [name for name in fields if name not in known]:
        raise PodError(f"There is no setting {unknown[0]!r}; there are: {', '.join(known)}.")
    texts = {"cpu", "memory", "cpu_request", "memory_request", "accelerator"}
    given: Json = {n: str(v) if n in texts and v is not None else v for n, v in fields.items()}
    pod = Pod(**given)
    check(pod)
    return pod
