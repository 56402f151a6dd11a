"""A tracking server of MLflow, in an environment of its own, on this machine alone."""

import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.checkpoint_sweep.report.mlflow_side import Job

_REPOSITORY = Path(__file__).resolve().parents[3]
_LONGEST = 600  # seconds, for a server to start


def log_and_read(jobs: Sequence[Job], folder: Path) -> list[dict[str, Any]]:
    """Logs sweeps to a server that begins empty; what MLflow's client reads of each.

    Args:
        jobs: what to log, in this order.
        folder: for the server's database, artifacts and log.
    """
    output = folder / "read.json"
    module = "tests.checkpoint_sweep.report.mlflow_side"
    with _serving(folder) as uri:
        done = subprocess.run(
            [_python(), "-W", "ignore", "-m", module, uri, str(output)],
            cwd=_REPOSITORY,
            env=_environment(),
            input=pickle.dumps(list(jobs)),
            capture_output=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    read: list[dict[str, Any]] = json.loads(output.read_text())
    return read


@contextlib.contextmanager
def _serving(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    options = {
        "host": "127.0.0.1",
        "port": port,
        "workers": 1,
        "backend-store-uri": f"sqlite:///{folder}/mlflow.db",
        "artifacts-destination": folder / "artifacts",
    }
    command = [_python(), "-m", "mlflow", "server", *(f"--{k}={v}" for k, v in options.items())]
    log = folder / "server.log"
    with log.open("w") as stream:
        started = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(),
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + _LONGEST
        while not _answers(uri):
            if started.poll() is not None or time.monotonic() > end:
                pytest.fail(f"MLflow does not serve:\n{log.read_text()[-4000:]}")
            time.sleep(0.2)
        yield uri
    finally:
        os.killpg(started.pid, signal.SIGTERM)  # `mlflow` does not end what serves for it
        started.wait()


def _answers(uri: str) -> bool:
    try:
        urllib.request.urlopen(f"{uri}/health", timeout=60)
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def _python() -> str:
    python = Path(os.environ.get("MLFLOW_PYTHON", _REPOSITORY / ".venv-mlflow/bin/python"))
    if not python.exists():
        pytest.fail(
            f"There is no {python}. Make the environment of MLflow by `make .venv-mlflow/.ready`, "
            "or name its Python by MLFLOW_PYTHON."
        )
    return str(python)


def _environment() -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": f"{_REPOSITORY / 'components'}:{_REPOSITORY}",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    }
