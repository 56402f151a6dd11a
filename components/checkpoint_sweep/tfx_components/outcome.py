"""The outcome of the last run of a pipeline, its choice and its blessing, for a script's end."""

import os
from typing import Any

import tensorflow as tf
from ml_metadata import proto
from ml_metadata.metadata_store import metadata_store

from checkpoint_sweep.report.document import REPORT_HTML
from checkpoint_sweep.report.sweep_result import read_verdicts
from checkpoint_sweep.selection.formatting import blessing_word

# The class that makes the node, at the end of the type of its executions.
_COMPONENT = "CheckpointSweep"
_ENDED = (proto.Execution.COMPLETE, proto.Execution.CACHED)


def last_outcome(metadata: proto.ConnectionConfig) -> str:
    """Says for each sweep of the last run what it chose, whether it is blessed, and why.

        metadata = sqlite_metadata_connection_config("metadata.sqlite")
        LocalDagRunner().run(Pipeline(..., metadata_connection_config=metadata))
        print(last_outcome(metadata))

    Args:
        metadata: Connection of the pipeline's metadata store, its `metadata_connection_config`.
    """
    store = metadata_store.MetadataStore(metadata)
    runs = store.get_contexts_by_type("pipeline_run")
    if not runs:
        return "There is no run yet."
    last = max(runs, key=lambda run: run.id)
    sweeps = [
        execution
        for execution in store.get_executions_by_context(last.id)
        if execution.type.rpartition(".")[2] == _COMPONENT
    ]
    return "\n".join(_told(store, sweep) for sweep in sweeps) or (
        "No CheckpointSweep has begun in the last run."
    )


def _told(store: metadata_store.MetadataStore, execution: Any) -> str:
    if execution.last_known_state not in _ENDED:
        return "The CheckpointSweep of the last run failed, or has not ended."
    events = store.get_events_by_execution_ids([execution.id])
    written = [event for event in events if event.type == proto.Event.OUTPUT]
    artifacts = store.get_artifacts_by_id([event.artifact_id for event in written])
    uris = {artifact.id: artifact.uri for artifact in artifacts}
    by_key = {e.path.steps[0].key: uris[e.artifact_id] for e in written if e.path.steps}
    verdicts = read_verdicts(by_key["blessing"])
    cached = ", from cache" if execution.last_known_state == proto.Execution.CACHED else ""
    lines = [f"CheckpointSweep{cached}: {blessing_word(verdicts.blessed)}: {verdicts.reason}"]
    report = os.path.join(by_key["evaluation"], REPORT_HTML)
    if tf.io.gfile.exists(report):
        lines.append(f"Report: {report}")
    return "\n".join(lines)
