"""What is read from the metadata store: runs, executions, and the artifacts at both their ends."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_metadata import proto
from ml_metadata.metadata_store import metadata_store

_State = proto.Execution.State
_STATES = {
    _State.NEW: "running",
    _State.RUNNING: "running",
    _State.COMPLETE: "complete",
    _State.CACHED: "cached",
    _State.FAILED: "failed",
    _State.CANCELED: "interrupted",
}
_RESULT = "__execution_result__"  # of a node that failed, where TFX says why


class Store:
    """What is asked of a metadata store.

    Args:
        mlmd: Metadata store itself.
    """

    def __init__(self, mlmd: metadata_store.MetadataStore) -> None:
        self.mlmd = mlmd

    @classmethod
    def open(cls, path: Path, writable: bool = False) -> "Store":
        """Opens a store in an SQLite file, which has to be there.

        Raises:
            RuntimeError: it is not a metadata store.
        """
        modes = proto.SqliteMetadataSourceConfig
        config = proto.ConnectionConfig()
        config.sqlite.filename_uri = str(path)
        config.sqlite.connection_mode = modes.READWRITE if writable else modes.READONLY
        return cls(metadata_store.MetadataStore(config))

    def last_run(self) -> str | None:
        """Finds the id of the newest run; None when there is none."""
        runs = self.mlmd.get_contexts_by_type("pipeline_run")
        return str(max(runs, key=lambda run: run.id).name) if runs else None

    def executions(self, run_id: str) -> dict[str, proto.Execution]:
        """Finds the executions of a run, in order, by the id of their node."""
        run = self.mlmd.get_context_by_type_and_name("pipeline_run", run_id)
        if run is None:
            return {}
        found = sorted(self.mlmd.get_executions_by_context(run.id), key=lambda e: e.id)
        return {self.node_context(e).name.rpartition(".")[2]: e for e in found}

    def node_context(self, execution: proto.Execution) -> proto.Context:
        """Finds the context that all executions of a node of a pipeline share."""
        contexts = self.mlmd.get_contexts_by_execution(execution.id)
        return next(c for c in contexts if c.type == "node")

    def inputs(self, execution: proto.Execution) -> dict[str, proto.Artifact]:
        """Finds the input artifacts of an execution by key."""
        return self._artifacts(execution, proto.Event.INPUT)

    def outputs(self, execution: proto.Execution | None) -> dict[str, proto.Artifact]:
        """Finds the output artifacts of an execution by key; none when it did not finish."""
        if execution is None or state(execution) not in ("complete", "cached"):
            return {}
        return self._artifacts(execution, proto.Event.OUTPUT)

    def _artifacts(self, execution: proto.Execution, kind: int) -> dict[str, proto.Artifact]:
        events = self.mlmd.get_events_by_execution_ids([execution.id])
        events = [event for event in events if event.type == kind]
        found = self.mlmd.get_artifacts_by_id([event.artifact_id for event in events])
        by_id = {artifact.id: artifact for artifact in found}
        # One artifact may be under two keys, in one event: a candidate can be its own baseline.
        return {s.key: by_id[e.artifact_id] for e in events for s in e.path.steps if s.key}


def state(execution: proto.Execution) -> str:
    """Reads the state of an execution, as a summary says it."""
    return _STATES.get(execution.last_known_state, "failed")


def seconds(execution: proto.Execution) -> float:
    """Reads the wall time between the two updates of an execution."""
    begun, ended = execution.create_time_since_epoch, execution.last_update_time_since_epoch
    return (ended - begun) / 1000


def properties(of: proto.Artifact | proto.Execution) -> Mapping[str, Any]:
    """Reads the custom properties that have a value, as Python values."""
    values = {key: (v, v.WhichOneof("value")) for key, v in of.custom_properties.items()}
    return {key: getattr(value, kind) for key, (value, kind) in values.items() if kind}


def failure_message(execution: proto.Execution) -> str:
    """Reads what TFX has noted of a failure; empty when it has noted nothing."""
    noted = properties(execution).get(_RESULT)
    return str(json.loads(noted).get("resultMessage", "")) if noted else ""
