"""Where Kubeflow's launcher puts artifacts: `s3://bucket/key` is at `/s3/bucket/key` in the pod."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from checkpoint_sweep.common.errors import UserError
from pipeline.beam_runner import is_local, named_runner

# Folder that holds the launcher's mounts; "/" in a pod.
MOUNTS_VARIABLE = "CHECKPOINT_SWEEP_MOUNTS"

_FOLDERS = {"gs://": "gcs", "s3://": "s3", "minio://": "minio"}


class MountError(UserError):
    """An artifact cannot be reached; the message says which and what to do."""


def base_folder() -> str:
    """Finds the folder that holds the launcher's mounts in this container."""
    return os.environ.get(MOUNTS_VARIABLE, "/")


def local_path(uri: str, base: str = "/") -> str:
    """Finds the path in the container at which an artifact's files are, or must be written.

    Args:
        uri: URI of an artifact.
        base: Folder that holds the mounts.

    Raises:
        MountError: the launcher has no mount for this kind of URI, or it leads out of the mount.
    """
    for scheme, folder in _FOLDERS.items():
        if uri.startswith(scheme):
            name = uri.removeprefix(scheme)
            if name.startswith("/") or ".." in name.split("/"):
                raise MountError(f"{uri} names no bucket and no path in it, but leads elsewhere.")
            return os.path.join(base, folder, name)
    raise MountError(f"{uri} is in no object store that Kubeflow mounts ({', '.join(_FOLDERS)}).")


def runs_here(beam_args: Sequence[str]) -> bool:
    """Returns whether Beam runs in this container, where the mounts are."""
    runner = named_runner(beam_args)
    return runner is None or is_local(runner)


def executor_path(uri: str, base: str, in_container: bool) -> str:
    """Names an artifact as executors open it: its mount, or `gs://` for remote workers.

    Raises:
        MountError: remote workers could not open it.
    """
    if in_container:
        return local_path(uri, base)
    if uri.startswith("gs://"):
        return uri
    raise MountError(
        f"Beam's workers run elsewhere and cannot open {uri}: they need a pipeline root on gs://. "
        "Or let Beam run in the container, by --beam-arg=--runner=FnApiRunner."
    )


def with_uris_for_paths(value: Any, uris: Mapping[str, str]) -> Any:
    """Replaces local paths by the URIs they stand for, in text at any depth of `value`.

    Args:
        value: JSON-like.
        uris: URI of every artifact, by its local path.
    """
    if isinstance(value, dict):
        return {key: with_uris_for_paths(item, uris) for key, item in value.items()}
    if isinstance(value, list):
        return [with_uris_for_paths(item, uris) for item in value]
    if isinstance(value, str):
        # The longest first: one artifact's path can be the beginning of another's.
        for path in sorted(uris, key=len, reverse=True):
            if value == path or value.startswith(path + "/"):
                return uris[path] + value.removeprefix(path)
    return value
