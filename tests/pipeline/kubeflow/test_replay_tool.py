"""The replay tool itself, on pipelines whose tasks do next to nothing."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.kubeflow.conftest import DATA, REPOSITORY, ROOT, Sdk
from tests.pipeline.kubeflow.object_store import ObjectStore

Json = dict[str, Any]

_CLEAN = """
import json, os, sys
mounts = os.environ.pop("CHECKPOINT_SWEEP_MOUNTS")
known = {"PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "HOME", "TMPDIR", "LC_CTYPE"}
known.add("TF_CPP_MIN_LOG_LEVEL")
assert not set(os.environ) - known, set(os.environ) - known
assert not os.listdir("."), os.listdir(".")
given = json.loads(sys.argv[sys.argv.index("--json_serialized_invocation_args") + 1])
listed = [a for l in given["inputs"].get("artifacts", {}).values() for a in l["artifacts"]]
assert all(a["type"] == {"instanceSchema": ""} for a in listed), listed
files = [f for _, _, names in os.walk(mounts) for f in names]
assert sorted(files) == (["data.csv"] if "data" in given["inputs"].get("artifacts", {}) else [])
"""
_NULL = """
import json, sys
given = json.loads(sys.argv[sys.argv.index("--json_serialized_invocation_args") + 1])
artifacts = {
    key: {"artifacts": [{"metadata": {"span": None}}]} for key in given["outputs"]["artifacts"]
}
json.dump({"artifacts": artifacts}, open(given["outputs"]["outputFile"], "w"))
"""
_MOVED = _NULL.replace('"metadata": {"span": None}', '"uri": "/tmp/model"')
_UNKNOWN = _NULL.replace('"artifacts": artifacts', '"results": artifacts')


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; print('no memory'); sys.exit(3)", r"exited with 3:\nno memory"),
        (_NULL, "has no value for the property 'span'"),
        (_MOVED, "moved its output .* to /tmp/model"),
        (_UNKNOWN, "results"),
        # Clean to the end of the sweep, which here says nothing of a blessing.
        (_CLEAN, "condition .*blessed.* cannot be evaluated"),
    ],
)
def test_what_would_fail_in_a_cluster_fails(
    program: str, message: str, spec: Json, values: Json, sdk: Sdk, tmp_path: Path
) -> None:
    for executor in spec["deploymentSpec"]["executors"].values():
        if "container" in executor:
            executor["container"]["command"] = ["python", "-c", program]
    package, report = tmp_path / "taxi.yaml", tmp_path / "report.json"
    package.write_text(yaml.safe_dump(spec))
    data = ObjectStore(tmp_path / "store").path(DATA)
    data.mkdir(parents=True)
    (data / "data.csv").write_text("fare\n")
    arguments = {
        "package": package,
        "root": ROOT,
        "parameters": json.dumps(values),
        "store": tmp_path / "store",
        "python": sys.executable,
        "code": REPOSITORY,
        "report": report,
    }
    done = sdk(
        "tests.pipeline.kubeflow.replay", *(f"--{key}={value}" for key, value in arguments.items())
    )
    assert done.returncode == 1
    assert not report.exists()
    assert re.search(message, done.stderr), done.stderr


def test_objects_are_fetched_by_the_beginning_of_their_keys(tmp_path: Path) -> None:
    store, pod = ObjectStore(tmp_path / "store"), tmp_path / "pod"
    for key in ("model/saved_model.pb", "model_run/checkpoint", "other/file"):
        file = store.path(f"s3://b/{key}")
        file.parent.mkdir(parents=True)
        file.write_text(key)
    assert store.download("s3://b/model", pod) == 2
    assert (pod / "s3/b/model_run/checkpoint").read_text() == "model_run/checkpoint"


def test_empty_folders_are_not_uploaded(tmp_path: Path) -> None:
    store, pod = ObjectStore(tmp_path / "store"), tmp_path / "pod"
    (pod / "s3/b/model/assets").mkdir(parents=True)
    store.upload(pod, "s3://b/model")
    assert not store.path("s3://b/model").exists()
