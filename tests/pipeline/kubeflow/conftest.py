"""The compiled pipelines, and the environment of the Kubeflow SDK that judges them."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from pipeline.kubeflow.__main__ import main
from tests.support import warm_pipeline
from tests.support.warm_processes import Parent

REPOSITORY = Path(__file__).resolve().parents[3]
ROOT = "minio://mlpipeline/v2/artifacts"
DATA = "minio://mlpipeline/taxi"
PODS = (
    "--resources=cpu=1,memory=2G",
    "--resources=Trainer:cpu=4,memory=16Gi,accelerator=nvidia.com/gpu:1",
    "--retries=Trainer:2",
    "--env=AWS_REGION=eu-west-1",
    "--secret=AWS_ACCESS_KEY_ID=store/accesskey",
    "--secret=AWS_SECRET_ACCESS_KEY=store/secretkey",
    "--secret=Pusher:/secrets/gcp=gcp-key",
    "--volume=/mnt=serving-claim",
)

# What modules import in the environment of the Kubeflow SDK.
_SDK_MODULES = (
    "kfp.client",
    "kfp_server_api",
    "pipeline.kubeflow.submit.__main__",
    "tests.pipeline.kubeflow.replay",
    "tests.pipeline.kubeflow.submit.sdk_check",
    "tests.pipeline.kubeflow.task.console.sdk_artifacts",
)
# Runs a module of the repository in that environment, forked from a process that has imported, or
# cold: by an interpreter of its own.
Sdk = Callable[..., subprocess.CompletedProcess[str]]
# The broken rules of each run that is given, "" for none.
Judge = Callable[[Sequence[dict[str, Any]]], list[str]]


@pytest.fixture(scope="session")
def sdk() -> Sdk:
    default = REPOSITORY / ".venv-kubeflow/bin/python"
    python = Path(os.environ.get("KUBEFLOW_PYTHON", default))
    if not python.exists():
        pytest.fail(
            f"There is no {python}. Make the environment of the Kubeflow SDK by `make "
            ".venv-kubeflow/.installed`, or name its Python by KUBEFLOW_PYTHON."
        )

    environment = {"PATH": os.defpath, "HOME": os.environ.get("HOME", "/")}
    folder = warm_pipeline.folder() / "kubeflow-sdk"
    folder.mkdir(exist_ok=True)
    parent = Parent(folder, _SDK_MODULES, str(python))

    def run(
        module: str, *args: str, read: str = "", cold: bool = False
    ) -> subprocess.CompletedProcess[str]:
        if not cold:
            return warm_pipeline.run_module(parent, module, args, environment, True, read)
        return subprocess.run(
            [str(python), "-W", "ignore", "-m", module, *args],
            cwd=REPOSITORY,
            env=environment,
            input=read,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def judge(sdk: Sdk) -> Judge:
    def run(submissions: Sequence[dict[str, Any]]) -> list[str]:
        done = sdk("tests.pipeline.kubeflow.conformance", read=json.dumps(list(submissions)))
        assert done.returncode == 0, done.stderr
        messages: list[str] = json.loads(done.stdout)
        return messages

    return run


def compile_pipeline(*arguments: str) -> None:
    """Compiles as `make kubeflow` does."""
    app = typer.Typer()
    app.command()(main)
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Packages by target, with tiny training; Kubeflow also with data in the image, and pushing."""
    folder = tmp_path_factory.mktemp("compiled")
    common = [
        "--image=registry.example/taxi:1",
        f"--schema={REPOSITORY / 'schemas/taxi/schema.pbtxt'}",
        "--steps=40",
        "--checkpoint-steps=20",
    ]
    gs = ["--root=gs://bucket/root", "--data=gs://bucket/taxi", "--push-to=gs://bucket/serving"]
    targets = {
        "kubeflow.yaml": [f"--data={DATA}"],
        "image-data.yaml": [],
        "pushing.yaml": [f"--data={DATA}", "--push-to=/mnt/serving", *PODS],
        "vertex.json": ["--target=vertex", *gs],
    }
    for name, options in targets.items():
        compile_pipeline(*common, *options, f"--output={folder / name}")
    return {name.split(".")[0]: folder / name for name in targets}


@pytest.fixture
def spec(compiled: dict[str, Path]) -> dict[str, Any]:
    """The pipeline as compiled for Kubeflow, for a test to change."""
    loaded: dict[str, Any] = yaml.safe_load(compiled["kubeflow"].read_text())
    return loaded


VALUES: dict[str, Any] = {
    "data": DATA,
    "baseline": f"{ROOT}/no-baseline",
    "push_destination": json.dumps({"filesystem": {"base_directory": "/tmp/serving"}}),
    "steps": 40,
    "checkpoint_steps": 20,
    "select_by": "auc",
    "direction": "",
    "engine": "fused",
}


SETTINGS = ("steps", "checkpoint_steps", "select_by", "direction", "engine")
# Runtime parameters of `compiled["vertex"]`.
VERTEX_VALUES: dict[str, Any] = {
    "data": "gs://bucket/taxi",
    "push_destination": json.dumps({"filesystem": {"base_directory": "gs://bucket/serving"}}),
    **{name: VALUES[name] for name in SETTINGS},
}


@pytest.fixture
def values() -> dict[str, Any]:
    """Runtime parameters that fit `spec`."""
    return dict(VALUES)
