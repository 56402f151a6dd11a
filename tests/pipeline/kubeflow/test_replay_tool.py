"""The replay tool itself, on pipelines whose tasks do next to nothing."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.kubeflow.conftest import DATA, REPOSITORY, ROOT, Sdk
from tests.pipeline.kubeflow.object_store import ObjectStore

Json = dict[str, Any]

# What every program begins with: what it is given, and its output parameters, which are the data.
_READ = """
import json, os, sys
flags = ("--json_serialized_invocation_args", "--executor_input")
given = json.loads(sys.argv[sys.argv.index(next(f for f in flags if f in sys.argv)) + 1])
inputs, outputs = given["inputs"].get("artifacts", {}), given["outputs"].get("artifacts", {})
mounts = os.environ.pop("CHECKPOINT_SWEEP_MOUNTS")
files = [os.path.join(folder, name) for folder, _, names in os.walk(mounts) for name in names]
for output in given["outputs"].get("parameters", {}).values():
    open(output["outputFile"], "w").write("".join(open(file).read() for file in files))
"""
_CLEAN = f"""{_READ}
known = {{"PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "HOME", "TMPDIR", "LC_CTYPE"}}
known.add("TF_CPP_MIN_LOG_LEVEL")
assert not set(os.environ) - known, set(os.environ) - known
assert not os.listdir("."), os.listdir(".")
listed = [a for l in inputs.values() for a in l["artifacts"]]
assert all(a["type"] == {{"instanceSchema": ""}} for a in listed), listed
assert [os.path.basename(f) for f in files] == (["data.csv"] if "data" in inputs else [])
"""
_NULL = f"""{_READ}
artifacts = {{key: {{"artifacts": [{{"metadata": {{"span": None}}}}]}} for key in outputs}}
json.dump({{"artifacts": artifacts}}, open(given["outputs"]["outputFile"], "w"))
"""
_UNBLESSED = _NULL.replace('"span": None', '"blessed": 0')
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
def test_the_replay_fails_where_a_cluster_would(
    program: str, message: str, spec: Json, values: Json, sdk: Sdk, tmp_path: Path
) -> None:
    done = _replay(program, spec, values, sdk, tmp_path)
    assert done.returncode == 1
    assert not (tmp_path / "report.json").exists()
    assert re.search(message, done.stderr), done.stderr


def test_a_task_is_cached_until_its_inputs_change(
    spec: Json, values: Json, sdk: Sdk, tmp_path: Path
) -> None:
    def ran(rows: str) -> set[str]:
        done = _replay(_UNBLESSED, spec, values, sdk, tmp_path, rows)
        assert done.returncode == 0, done.stderr
        report = json.loads((tmp_path / "report.json").read_text())
        skipped = {n for n, t in report.items() if t["state"] in ("skipped", "omitted")}
        assert skipped == {"Evaluator", "Pusher"}
        return {n for n, t in report.items() if t["state"] == "succeeded"} - {"BaselineFolder"}

    everything = ran("1\n")
    assert {"CsvExampleGen", "Baseline", "Trainer", "CheckpointSweep"} < everything
    assert ran("1\n") == {"Data", "Inputs"}
    # The programs say the same of the schema, and of the data and the baseline at once.
    assert ran("2\n") == everything - {"ImportSchemaGen"}


def _replay(
    program: str, spec: Json, values: Json, sdk: Sdk, folder: Path, rows: str = "1\n"
) -> subprocess.CompletedProcess[str]:
    """Replays the pipeline with a program in the place of every task's."""
    for executor in spec["deploymentSpec"]["executors"].values():
        if "container" in executor:
            executor["container"]["command"] = ["python", "-c", program]
    package = folder / "taxi.yaml"
    package.write_text(yaml.safe_dump(spec))
    data = ObjectStore(folder / "store").path(DATA)
    data.mkdir(parents=True, exist_ok=True)
    (data / "data.csv").write_text(rows)
    arguments = {
        "package": package,
        "root": ROOT,
        "parameters": json.dumps(values),
        "store": folder / "store",
        "python": sys.executable,
        "code": REPOSITORY,
        "report": folder / "report.json",
        "cache": folder / "cache.json",
    }
    return sdk(
        "tests.pipeline.kubeflow.replay", *(f"--{key}={value}" for key, value in arguments.items())
    )


def test_objects_are_fetched_by_the_prefix_of_their_keys(tmp_path: Path) -> None:
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
