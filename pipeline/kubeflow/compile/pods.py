"""What the pods of a pipeline get: resources, retries, environment, secrets, volumes, nodes.

For all tasks or for one; what is said of one goes before what is said of all, key by key.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from checkpoint_sweep.common.errors import UserError

ALL = "all"

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|K|M|G|T|Ki|Mi|Gi|Ti)?")
_FACTORS = {
    None: 1.0,
    "m": 1e-3,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
}
_ACCELERATOR = re.compile(r"([^:\s]+):(\d+)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_KEY = re.compile(r"([^/\s]+)/([^/\s]+)")

# Of `KubernetesExecutorConfig` (kubernetes_platform/proto in kubeflow/pipelines, server 2.4), but
# for those that have words of their own here.
_KUBERNETES = frozenset(
    {
        "activeDeadlineSeconds",
        "configMapAsEnv",
        "configMapAsVolume",
        "emptyDirMounts",
        "enabledSharedMemory",
        "fieldPathAsEnv",
        "genericEphemeralVolume",
        "imagePullPolicy",
        "imagePullSecret",
        "nodeAffinity",
        "podAffinity",
        "podMetadata",
        "tolerations",
    }
)


class PodError(UserError):
    """A setting of the pods cannot be used; the message says which and what to write."""


@dataclasses.dataclass(frozen=True)
class Pod:
    """What a task's pod gets; what is None or empty is the cluster's default.

    Attributes:
        cpu: Limit, and request unless `cpu_request` says otherwise; as Kubernetes writes it.
        memory: Limit, and request unless `memory_request` says otherwise.
        cpu_request: Request, as Kubernetes writes it.
        memory_request: Request, as Kubernetes writes it.
        accelerator: Type and number, such as `nvidia.com/gpu:1`.
        retries: Number of times that a failed task is started again.
        env: Values of environment variables.
        secrets: `SECRET/KEY` by environment variable.
        secret_volumes: Secrets by the path at which their keys are files.
        volumes: Persistent volume claims by path.
        node_selector: Labels of the nodes.
        kubernetes: Other fields of `KubernetesExecutorConfig`, as they are.
    """

    cpu: str | None = None
    memory: str | None = None
    cpu_request: str | None = None
    memory_request: str | None = None
    accelerator: str | None = None
    retries: int | None = None
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    secrets: Mapping[str, str] = dataclasses.field(default_factory=dict)
    secret_volumes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    volumes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    node_selector: Mapping[str, str] = dataclasses.field(default_factory=dict)
    kubernetes: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def over(self, other: "Pod") -> "Pod":
        """Merges two pods: this one, and what the other says where this one says nothing."""
        own: dict[str, Any] = {
            name: {**getattr(other, name), **value} if isinstance(value, Mapping) else value
            for name, value in vars(self).items()
            if value is not None
        }
        return dataclasses.replace(other, **own)


@dataclasses.dataclass(frozen=True)
class Pods:
    """What is said of the pods, by task; of all of them under `ALL`."""

    said: Mapping[str, Pod] = dataclasses.field(default_factory=dict)

    def of(self, task: str) -> Pod:
        """Merges what is said of a task and of all tasks."""
        return self.said.get(task, Pod()).over(self.said.get(ALL, Pod()))

    def over(self, other: "Pods") -> "Pods":
        """Merges these pods, and what the others say where these say nothing."""
        names = {*self.said, *other.said}
        return Pods({n: self.said.get(n, Pod()).over(other.said.get(n, Pod())) for n in names})

    def check_tasks(self, tasks: Iterable[str]) -> None:
        """Checks that all that is said is said of a task.

        Raises:
            PodError: there is no such task.
        """
        known = sorted(tasks)
        for name in self.said.keys() - {ALL, *known}:
            raise PodError(f"There is no task {name!r} with a pod; there are: {', '.join(known)}.")


def is_mounted(pod: Pod, path: str) -> bool:
    """Returns whether a path is on a volume of a pod."""
    return any(f"{path}/".startswith(f"{at.rstrip('/')}/") for at in pod.volumes)


def amount(quantity: str) -> float:
    """Converts what Kubernetes writes as text, such as `500m` or `16Gi`, to a number.

    Raises:
        PodError: it is none.
    """
    found = _QUANTITY.fullmatch(quantity)
    if not found:
        raise PodError(f"{quantity!r} is not a quantity. Write it as 4, 500m, 16G or 16Gi.")
    return float(found[1]) * _FACTORS[found[2]]


def accelerator(text: str) -> tuple[str, int]:
    """Splits what `Pod.accelerator` names into type and number.

    Raises:
        PodError: it names none.
    """
    found = _ACCELERATOR.fullmatch(text)
    if not found:
        raise PodError(f"{text!r} is not an accelerator. Write type and number: nvidia.com/gpu:1.")
    return found[1], int(found[2])


def check(pod: Pod) -> None:
    """Checks what a pod gets.

    Raises:
        PodError: something cannot be used.
    """
    for quantity in (pod.cpu, pod.memory, pod.cpu_request, pod.memory_request):
        if quantity is not None:
            amount(quantity)
    if pod.accelerator is not None:
        accelerator(pod.accelerator)
    if pod.retries is not None and (type(pod.retries) is not int or pod.retries < 0):
        raise PodError(f"retries is {pod.retries!r}; write a whole number.")
    for field in ("env", "secrets", "secret_volumes", "volumes", "node_selector", "kubernetes"):
        given = getattr(pod, field)
        if not isinstance(given, dict):
            raise PodError(f"{field} is {given!r}; write a mapping.")
        for name, value in given.items():
            _check_entry(field, name, value)


def _check_entry(field: str, name: Any, value: Any) -> None:
    if field == "kubernetes":
        if name not in _KUBERNETES:
            raise PodError(
                f"kubernetes has no field {name!r} of its own; it has: "
                f"{', '.join(sorted(_KUBERNETES))}."
            )
        return
    if not isinstance(name, str) or not isinstance(value, str):
        raise PodError(f"{field} has {name!r}: {value!r}; both must be text: put it in quotes.")
    if field in ("env", "secrets") and not _VARIABLE.fullmatch(name):
        raise PodError(f"{name!r} is not the name of an environment variable.")
    if field == "secrets" and not _SECRET_KEY.fullmatch(value):
        raise PodError(f"{name} is {value!r}; write the secret and its key: SECRET/KEY.")
    if field in ("volumes", "secret_volumes") and not name.startswith("/"):
        raise PodError(f"{name!r} is not a path to mount {value} at; write /path={value}.")
