import dataclasses
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tensorflow_metadata.proto.v0 import anomalies_pb2

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.run_log import RunLog
from pipeline import options
from pipeline.config import PipelineConfig
from pipeline.local.ending import Ending, RunError
from pipeline.problems import registry
from pipeline.reporting.progress import Progress
from tests.pipeline.recorded import Recorded, State


@pytest.fixture
def config(tmp_path: Path) -> PipelineConfig:
    filled = options.RunOptions().config(registry.get("taxi"))
    return dataclasses.replace(filled, root=tmp_path, data=Path("/data"), schema=Path("/schema"))


@pytest.fixture
def recorded(config: PipelineConfig) -> Recorded:
    """The store, with an earlier run that is not to be told of."""
    made = Recorded(config.metadata)
    made.execution("CsvExampleGen", State.COMPLETE, "before")
    return made


def _ending(config: PipelineConfig, node: str = "Trainer") -> Ending:
    progress = Progress(Console(file=io.StringIO()))
    if node:
        running = ("log", logging.INFO, "/x.py", 1, "Component %s is running.", (node,), None)
        progress.emit(logging.LogRecord(*running))
    return Ending(config, "now", RunLog(config.logs / "now.log"), progress)


def _failed(
    config: PipelineConfig, error: BaseException, interrupted: int | None = None, **kwargs: str
) -> tuple[RunError, dict[str, Any]]:
    with pytest.raises(RunError) as caught:
        _ending(config, **kwargs).failed(error, interrupted)
    summary = json.loads(config.summary.read_text())
    assert (summary["run_id"], summary["state"]) == ("now", "failed")
    assert summary["reason"] == str(caught.value)
    return caught.value, summary


def test_a_user_error_is_the_reason_of_the_run(config: PipelineConfig, recorded: Recorded) -> None:
    recorded.execution("Trainer", State.FAILED)
    error = RuntimeError("outer")
    error.__cause__ = UserError("Do this.")
    raised, summary = _failed(config, error)
    assert (str(raised), raised.status) == ("Do this.", 1)
    assert [n["name"] for n in summary["nodes"]] == ["Trainer"]
    assert "RuntimeError: outer" in (config.logs / "now.log").read_text()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "The disk is full, or a quota is"),
        (PermissionError(13, "Permission denied", "/a/b"), "/a/b may not be read or written"),
        (UnicodeEncodeError("utf-8", "/r\udcff", 2, 3, "no"), "/r\udcff is not UTF-8, as names"),
    ],
    ids=["disk", "permission", "name"],
)
def test_what_the_machine_refuses_is_a_sentence_that_names_the_node(
    error: Exception, said: str, config: PipelineConfig, recorded: Recorded
) -> None:
    recorded.execution("Trainer", State.FAILED)
    outer = RuntimeError("outer")
    outer.__cause__ = error
    with pytest.raises(RunError) as caught:
        _ending(config).failed(outer, None)
    assert str(caught.value).startswith(f"Trainer failed. {said}")
    assert "log" not in str(caught.value)


def test_an_error_is_told_of_where_no_log_of_it_can_be_written(
    config: PipelineConfig, recorded: Recorded
) -> None:
    recorded.execution("Trainer", State.FAILED)
    config.logs.write_text("no folder")
    raised, _ = _failed(config, UserError("Do this."))
    assert str(raised) == "Do this."


def test_anomalies_of_the_data_are_named_with_an_error(
    config: PipelineConfig, recorded: Recorded, tmp_path: Path
) -> None:
    folder = tmp_path / "anomalies/Split-train"
    folder.mkdir(parents=True)
    anomalies = anomalies_pb2.Anomalies()
    anomalies.anomaly_info["fare"].description = "odd"
    (folder / "SchemaDiff.pb").write_bytes(anomalies.SerializeToString())
    outputs = {"anomalies": recorded.artifact("ExampleAnomalies", str(folder.parent))}
    recorded.execution("ExampleValidator", State.COMPLETE, outputs=outputs)
    raised, summary = _failed(config, RuntimeError("x"))
    assert str(raised) == (
        "Trainer failed, and the data do not match the schema /schema:\n  fare (train): odd\n"
        "Correct the data in /data, or the schema."
    )
    assert summary["anomalies"] == ["fare (train): odd"]


def test_an_error_before_the_first_node_is_summarized(config: PipelineConfig) -> None:
    raised, summary = _failed(config, KeyError("x"), node="")
    assert str(raised) == (
        "The run failed before its first node: KeyError: 'x'. The whole error is in "
        f"{config.logs}/now.log."
    )
    assert summary["nodes"] == []


def test_a_summary_that_cannot_be_read_hides_no_error(
    config: PipelineConfig, recorded: Recorded
) -> None:
    outputs = {"anomalies": recorded.artifact("ExampleAnomalies", str(config.root))}
    recorded.execution("ExampleValidator", State.COMPLETE, outputs=outputs)
    (config.root / "Split-train").mkdir()
    (config.root / "Split-train/SchemaDiff.pb").write_bytes(b"\xff")
    raised, summary = _failed(config, ValueError("first"))
    assert str(raised).startswith("Trainer failed: ValueError: first. ")
    assert summary["nodes"] == []
    assert "The run cannot be summed up" in (config.logs / "now.log").read_text()


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt(), None), (RuntimeError("worker is gone"), 130), (SystemExit(1), 143)],
)
def test_an_interrupted_run_says_how_it_goes_on_whatever_was_raised(
    error: BaseException, status: int | None, config: PipelineConfig, recorded: Recorded
) -> None:
    running = recorded.execution("CheckpointSweep", State.RUNNING)
    raised, summary = _failed(config, error, status, node="CheckpointSweep")
    assert (raised.status, raised.interrupted) == (status or 130, True)
    assert str(raised) == (
        "CheckpointSweep was interrupted. Run the same command to resume, and to reuse "
        "what the sweep has evaluated."
    )
    assert recorded.state(running) == State.CANCELED
    assert summary["nodes"][-1]["state"] == "interrupted"


def test_an_interrupted_run_without_a_cache_starts_from_the_beginning(
    config: PipelineConfig, recorded: Recorded
) -> None:
    recorded.execution("Trainer", State.RUNNING)
    raised, _ = _failed(dataclasses.replace(config, cache=False), KeyboardInterrupt())
    assert str(raised) == (
        "Trainer was interrupted. Run the same command to start from the beginning, because "
        "nothing is taken from the cache."
    )


def test_a_node_whose_inputs_were_missing_fails_the_run(
    config: PipelineConfig, recorded: Recorded
) -> None:
    """TFX's runner notes it and goes on."""
    noted = json.dumps({"resultMessage": "Traceback (most recent call last):\n  x\nE: no input\n"})
    recorded.execution("Evaluator", State.FAILED, __execution_result__=noted)
    with pytest.raises(RunError) as caught:
        _ending(config, "Pusher").ended()
    log = config.logs / "now.log"
    assert str(caught.value) == f"Evaluator failed: E: no input. The whole error is in {log}."
    summary = json.loads(config.summary.read_text())
    assert (summary["state"], summary["reason"]) == ("failed", str(caught.value))
