"""The runtime parameters of a compiled pipeline. Needs only Python: two environments import it."""

import json
from collections.abc import Mapping

from checkpoint_sweep.common.errors import UserError

DATA = "data"
PUSH_DESTINATION = "push_destination"
BASELINE = "baseline"
STEPS = "steps"
CHECKPOINT_STEPS = "checkpoint_steps"
SELECT_BY = "select_by"
DIRECTION = "direction"
ENGINE = "engine"

# Types of parameters in a compiled pipeline.
STRING, INTEGER = "STRING", "NUMBER_INTEGER"

# What can be set for each run. A task gets each under its name behind the prefix.
SETTING_PREFIX = "setting_"
SETTING_KINDS = {
    STEPS: INTEGER,
    CHECKPOINT_STEPS: INTEGER,
    SELECT_BY: STRING,
    DIRECTION: STRING,
    ENGINE: STRING,
}

# An importer refuses an empty URI, so "there is no baseline yet" is a name of its own.
_NO_BASELINE = "no-baseline"

# Kubeflow Pipelines' own default.
DEFAULT_ROOT = "minio://mlpipeline/v2/artifacts"

# Pushing here keeps the model only as the run's `pushed_model` artifact: a container is discarded.
_CONTAINER_SCRATCH = "/tmp/serving"

OBJECT_STORES = ("gs://", "s3://", "minio://")


class RunParameterError(UserError):
    """A parameter cannot work; the message says what to pass instead."""


def data(value: str) -> str:
    """Checks the folder of the data: an object store's URI, or a path in the image or on a volume.

    Raises:
        RunParameterError: it is neither.
    """
    if value.startswith((*OBJECT_STORES, "/")):
        _check_path("data", value)
        return value.rstrip("/")
    raise RunParameterError(
        f"data is {value!r}; name a folder by a URI ({', '.join(OBJECT_STORES)}) or by an absolute "
        "path in the image."
    )


def is_imported(value: str) -> bool:
    """Returns whether Kubeflow fetches the data as an artifact.

    A path in the image is read in place.
    """
    return value.startswith(OBJECT_STORES)


def push_destination(folder: str) -> str:
    """Makes the JSON of a `PushDestination`; "" keeps the model as the run's artifact only.

    Raises:
        RunParameterError: the folder can be written neither by TensorFlow nor as a mounted volume.
    """
    if folder and not folder.startswith(("gs://", "/")):
        raise RunParameterError(
            f"push_to is {folder!r}; the Pusher can write to gs:// and to mounted volumes. Leave "
            "it empty to push to the run's pushed_model artifact, on any object store."
        )
    _check_path("push_to", folder)
    base = folder.rstrip("/") or _CONTAINER_SCRATCH
    return json.dumps({"filesystem": {"base_directory": base}})


def pushed_folder(push_destination_json: str) -> str:
    """Reads the folder in what `push_destination` made; "" if the model stays an artifact only."""
    folder: str = json.loads(push_destination_json)["filesystem"]["base_directory"]
    return "" if folder == _CONTAINER_SCRATCH else folder


def baseline(name: str | None, root: str, push_to: str) -> str:
    """Names the folder of the model to compare with, or of its versions: the newest counts.

    Args:
        name: A URI or a path; "" when there is none; None for the folder that is pushed to, so that
            each run is compared with what is deployed.
        root: Pipeline root.
        push_to: Folder to push to, as `push_destination` takes it.

    Raises:
        RunParameterError: it is neither in an object store nor a path.
    """
    if name is None:
        name = push_to
    if not name:
        return f"{root.rstrip('/')}/{_NO_BASELINE}"
    if not name.startswith((*OBJECT_STORES, "/")):
        raise RunParameterError(
            f"baseline is {name!r}; name the deployed model's folder by its URI "
            f"({', '.join(OBJECT_STORES)}) or by its path on a mounted volume, or leave it empty "
            "when there is none."
        )
    _check_path("baseline", name)
    return name.rstrip("/")


def _check_path(parameter: str, value: str) -> None:
    """Checks that a folder is where it says: in its bucket, or below the folders it names."""
    scheme = next((store for store in OBJECT_STORES if value.startswith(store)), "")
    name = value.removeprefix(scheme)
    if ".." in name.split("/") or (scheme and name.startswith("/")):
        raise RunParameterError(
            f"{parameter} is {value!r}, which leads elsewhere than it says. Name a bucket and a "
            "path without '..'."
        )


def is_in_place(baseline_name: str, push_destination_json: str) -> bool:
    """Returns whether tasks open the baseline by its own name; Kubeflow's launcher brings others.

    So it is with volumes, and with the folder that the Pusher opens by its own name too: of its
    versions, only the newest is read.
    """
    return baseline_name.startswith("/") or baseline_name == pushed_folder(push_destination_json)


def is_no_baseline(uri: str) -> bool:
    """Returns whether a URI made by `baseline` stands for none."""
    return uri.rsplit("/", 1)[-1] == _NO_BASELINE


def check_for_vertex(root: str, data_folder: str) -> None:
    """Checks that folders are in Google's object store, which Vertex AI has alone.

    Args:
        root: Pipeline root.
        data_folder: Folder of the data, see `data`.

    Raises:
        RunParameterError: one of them is in another.
    """
    if not root.startswith("gs://"):
        raise RunParameterError("Vertex AI needs --root=gs://bucket/folder.")
    if is_imported(data_folder) and not data_folder.startswith("gs://"):
        raise RunParameterError(
            f"data is {data_folder!r}; Vertex AI reads gs:// and paths in the image."
        )


def check_complete(wanted: Mapping[str, object], given: Mapping[str, object]) -> None:
    """Checks that every parameter of a spec has a value and no other has one.

    Raises:
        RunParameterError: one is missing or unknown.
    """
    if missing := sorted(wanted.keys() - given.keys()):
        raise RunParameterError(f"The run needs the parameters {', '.join(missing)} too.")
    if unknown := sorted(given.keys() - wanted.keys()):
        raise RunParameterError(
            f"The compiled pipeline has no parameter {', '.join(unknown)}; it has: "
            f"{', '.join(sorted(wanted))}. Compile it again?"
        )


def defaults(
    data_folder: str, push_to: str, baseline_name: str | None, root: str
) -> dict[str, str]:
    """Makes the value of every runtime parameter that names a folder.

    Raises:
        RunParameterError: one cannot work.
    """
    return {
        DATA: data(data_folder),
        PUSH_DESTINATION: push_destination(push_to),
        BASELINE: baseline(baseline_name, root, push_to),
    }
