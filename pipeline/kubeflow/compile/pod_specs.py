"""Writes what pods get into a compiled pipeline, and into the document of its platform."""

from checkpoint_sweep.common.json_safe import Json
from pipeline.kubeflow.compile.pods import Pod, PodError, Pods, accelerator, amount
from pipeline.kubeflow.compile.spec import container, tasks

_GIGA = 1e9
# The first wait, and how waits grow up to the longest.
_RETRY = {"backoffDuration": "30s", "backoffFactor": 2.0, "backoffMaxDuration": "3600s"}


def set_pods(spec: Json, pods: Pods) -> Json:
    """Sets resources, retries and environment in place, and gives the platform's document.

    Args:
        spec: Compiled `PipelineSpec`, changed in place.
        pods: What is said of its tasks.

    Returns:
        A `PlatformSpec` for Kubernetes, with what the pipeline's document has no place for; empty
        if there is nothing.

    Raises:
        PodError: there is no such task.
    """
    running = [name for name in tasks(spec) if container(spec, name)]
    pods.check_tasks(running)
    executors = {}
    for name in running:
        pod = pods.of(name)
        _set(tasks(spec)[name], container(spec, name) or {}, pod)
        if config := kubernetes_config(pod):
            executors[spec["components"][name]["executorLabel"]] = config
    if not executors:
        return {}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def set_vertex_pods(spec: Json, pods: Pods) -> None:
    """Sets what Vertex AI knows of: resources, retries, environment.

    Raises:
        PodError: more is asked for, or there is no such task.
    """
    platform = set_pods(spec, pods)
    if platform:
        raise PodError(
            "Vertex AI has no secrets, volumes, node selectors and other settings of Kubernetes. "
            "Leave them out; its tasks get rights by submit's --service-account."
        )


def kubernetes_config(pod: Pod) -> Json:
    """Makes a `KubernetesExecutorConfig` for servers from 2.4 on; empty for none."""
    by_secret: dict[str, list[Json]] = {}
    for variable, secret_and_key in pod.secrets.items():
        secret, _, key = secret_and_key.partition("/")
        by_secret.setdefault(secret, []).append({"secretKey": key, "envVar": variable})
    config: Json = {
        "secretAsEnv": [{"secretName": s, "keyToEnv": keys} for s, keys in by_secret.items()],
        "secretAsVolume": [
            {"secretName": secret, "mountPath": path} for path, secret in pod.secret_volumes.items()
        ],
        "pvcMount": [{"constant": claim, "mountPath": path} for path, claim in pod.volumes.items()],
        "nodeSelector": {"labels": dict(pod.node_selector)} if pod.node_selector else None,
        **pod.kubernetes,
    }
    return {field: value for field, value in config.items() if value}


def _set(task: Json, runs: Json, pod: Pod) -> None:
    if resources := _resources(pod):
        runs["resources"] = resources
    if pod.env:
        runs["env"] = [{"name": name, "value": value} for name, value in pod.env.items()]
    if pod.retries:
        task["retryPolicy"] = {"maxRetryCount": pod.retries, **_RETRY}


def _resources(pod: Pod) -> Json:
    """Makes a `ResourceSpec`: numbers for older servers and Vertex AI, text for newer servers."""
    resources: Json = {}
    limits = {
        "CpuLimit": (pod.cpu, 1.0),
        "MemoryLimit": (pod.memory, _GIGA),
        "CpuRequest": (pod.cpu_request or pod.cpu, 1.0),
        "MemoryRequest": (pod.memory_request or pod.memory, _GIGA),
    }
    for name, (quantity, unit) in limits.items():
        if quantity is not None:
            resources[name[0].lower() + name[1:]] = amount(quantity) / unit
            resources[f"resource{name}"] = quantity
    if pod.accelerator is not None:
        kind, count = accelerator(pod.accelerator)
        resources["accelerator"] = {
            "type": kind,
            "count": str(count),
            "resourceType": kind,
            "resourceCount": str(count),
        }
    return resources
