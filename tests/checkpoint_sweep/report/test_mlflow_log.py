"""A sweep in MLflow, on a server of its own where there is one, and without it in files.

`MLFLOW_SERVER` names the `mlflow` program of an environment that can serve.
"""

import contextlib
import math
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checkpoint_sweep.evaluation.ledger import EVALUATED, Entry, write_ledger
from checkpoint_sweep.report.mlflow_log import log_sweep, metric_key
from checkpoint_sweep.report.swept import Swept

AUC, COUNT, ODD = ("", "", "auc"), ("", "", "example_count"), ("", "", "a?b")
CASH = (("pay", "<Cash>"),)
VERDICTS = {
    "blessed": True,
    "reason": "step 20, the best",
    "chosen": "step-20",
    "selection": {"metric": "auc", "direction": "HIGHER_IS_BETTER", "level": 0.95, "slice": {}},
}


@pytest.fixture
def swept(tmp_path: Path) -> Swept:
    """Two checkpoints, and an average of them."""
    folder = tmp_path / "evaluation"
    entries = [
        Entry("step-10", 10, "", EVALUATED),
        Entry("step-20", 20, "", EVALUATED),
        Entry("average", 20, "", EVALUATED, averaged=[10, 20]),
    ]
    write_ledger(str(folder), entries)
    (folder / "report.html").write_text("<p>report</p>")
    metrics = {
        "step-10": {(): {AUC: 0.7, COUNT: 30.0}, CASH: {AUC: math.nan, COUNT: 3.0}},
        "step-20": {(): {AUC: 0.123456789, COUNT: 30.0, ODD: 1.0}, CASH: {AUC: 0.5, COUNT: 3.0}},
        "average": {(): {AUC: 0.99, COUNT: 30.0}},
    }
    return Swept(str(folder), VERDICTS, entries, "", metrics)


@contextlib.contextmanager
def _server(program: str, folder: Path) -> Iterator[str]:
    """A tracking server on this machine alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = f"--backend-store-uri=sqlite:///{folder}/mlflow.db"
    command = [program, "server", "--host=127.0.0.1", f"--port={port}", "--workers=1", store]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with (folder / "server.log").open("w") as log:
        started = subprocess.Popen(
            [*command, f"--artifacts-destination={folder}/artifacts"],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        for _ in range(120):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)
                break
            time.sleep(1)
        yield f"http://127.0.0.1:{port}"
    finally:
        started.terminate()
        started.wait()


@pytest.fixture(params=["files", "server"])
def tracking(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """MLflow's client, set to a store of its own."""
    mlflow = pytest.importorskip("mlflow")
    before = mlflow.get_tracking_uri()
    with contextlib.ExitStack() as stack:
        uri = str((tmp_path / "mlruns").as_uri())
        if request.param == "server":
            program = os.environ.get("MLFLOW_SERVER")
            if not program:
                pytest.skip("MLFLOW_SERVER names no mlflow program")
            folder = tmp_path / "server"
            folder.mkdir()
            uri = stack.enter_context(_server(program, folder))
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        try:
            yield mlflow
        finally:
            mlflow.set_tracking_uri(before)
            mlflow.set_registry_uri(None)


def test_metrics_artifacts_and_model_are_read_back(
    tracking: Any, swept: Swept, tmp_path: Path
) -> None:
    saved = tmp_path / "chosen"
    (saved / "variables").mkdir(parents=True)
    (saved / "saved_model.pb").write_bytes(b"graph")
    (saved / "variables" / "variables.index").write_bytes(b"weights")

    run_id = log_sweep(swept, model=str(saved), registered_name="tips")

    client = tracking.MlflowClient()
    run = client.get_run(run_id)
    assert run.data.params["selection.metric"] == "auc"
    assert (run.data.tags["blessed"], run.data.tags["chosen_step"]) == ("True", "20")
    history = {
        key: [(m.step, m.value) for m in client.get_metric_history(run_id, key)]
        for key in run.data.metrics
    }
    cash = metric_key("auc", "pay=<Cash>")
    (first, second) = history.pop(cash)
    assert math.isnan(first[1])
    assert (first[0], second) == (10, (20, 0.5))
    assert history == {
        "auc": [(10, 0.7), (20, 0.123456789)],
        "example_count": [(10, 30.0), (20, 30.0)],
        metric_key("a?b"): [(20, 1.0)],
        metric_key("example_count", "pay=<Cash>"): [(10, 3.0), (20, 3.0)],
    }
    names = {item.path for item in client.list_artifacts(run_id)}
    assert {"report.html", "verdicts.json", "ledger.json", "model"} <= names
    copied = Path(client.download_artifacts(run_id, "model", str(tmp_path)))
    assert (copied / "saved_model" / "variables" / "variables.index").read_bytes() == b"weights"
    assert "tf1-estimator" in (copied / "MLmodel").read_text()
    (version,) = client.search_model_versions("name='tips'")
    assert (version.run_id, version.description) == (run_id, "step 20, the best")

    log_sweep(swept, model=str(saved), registered_name="tips")
    assert len(client.search_model_versions("name='tips'")) == 2


def test_nothing_to_register_is_an_error(swept: Swept) -> None:
    pytest.importorskip("mlflow")
    with pytest.raises(ValueError, match="no model to register"):
        log_sweep(swept, registered_name="tips")


@pytest.mark.parametrize(
    ("metric", "where", "key"),
    [
        ("auc", "", r"auc"),
        ("auc", "pay=Cash", r"pay:Cash/auc"),
        ("head/auc/classId:1", "", r"head\.auc\.classId:1"),
        ("auc", "pay=a/b", r"pay:a\.b/auc"),
        ("auc", "pay=<b>", r"pay:_b_\.[0-9a-f]{8}/auc"),
        ("auc", "pay=" + "x" * 300, r"pay:x{87}\.[0-9a-f]{8}/auc"),
    ],
)
def test_names_are_those_that_mlflow_takes(metric: str, where: str, key: str) -> None:
    assert re.fullmatch(key, metric_key(metric, where))


def test_slices_that_differ_have_names_that_do() -> None:
    assert metric_key("auc", "pay=<b>") != metric_key("auc", "pay=(b)")
