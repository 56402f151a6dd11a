"""What the last run did, read from the metadata store and the artifacts."""

import dataclasses
from pathlib import Path
from typing import Any

from ml_metadata import proto
from ml_metadata.metadata_store import metadata_store
from tfx.components.evaluator import constants

from checkpoint_sweep.common.files import write_json
from checkpoint_sweep.evaluation.threshold_failures import threshold_failures
from checkpoint_sweep.tfx_components.blessing import read_verdicts
from pipeline.reporting.anomalies import read_anomalies

_State = proto.Execution.State


@dataclasses.dataclass(frozen=True)
class Node:
    """One node of a run.

    Attributes:
        name: the node's id.
        state: "complete", "cached" or "failed"; a node that was skipped is not there.
        seconds: wall time between the two updates of its execution.
    """

    name: str
    state: str
    seconds: float


@dataclasses.dataclass(frozen=True)
class Summary:
    """One run of the pipeline; `summary.json` has the same keys.

    Attributes:
        run_id: of the run in the metadata store.
        nodes: that ran, in order.
        anomalies: how the data depart from the schema, a sentence each.
        checkpoints: the sweep's verdicts: name, step, eligible, value, reason.
        sweep: `chosen` (name or None), `chosen_step`, `blessed`, `reason`, `selection` (metric,
            slice, direction), `evaluation`, `model` and `blessing` (folders).
        evaluator: `blessed`, `failures`, `baseline_model` (folder or None), `evaluation`; None
            when it did not run.
        pushed_model: folder of the SavedModel that was pushed, or None.
    """

    run_id: str
    nodes: list[Node]
    anomalies: list[str]
    checkpoints: list[dict[str, Any]]
    sweep: dict[str, Any] | None
    evaluator: dict[str, Any] | None
    pushed_model: str | None


def summarize(metadata: Path) -> Summary:
    """Reads the last run of the pipeline.

    Args:
        metadata: the metadata store.

    Raises:
        LookupError: the metadata store has no run.
    """
    store = _open(metadata)
    runs = store.get_contexts_by_type("pipeline_run")
    if not runs:
        raise LookupError(f"No run is recorded in {metadata}.")
    run = max(runs, key=lambda context: context.id)
    executions = {_node(store, e): e for e in store.get_executions_by_context(run.id)}
    ordered = sorted(executions.items(), key=lambda item: item[1].id)
    nodes = [Node(name, _state(e), _seconds(e)) for name, e in ordered]
    validated = _outputs(store, executions.get("ExampleValidator"))
    sweep = _outputs(store, executions.get("CheckpointSweep"))
    evaluator = _outputs(store, executions.get("Evaluator"))
    pushed = _outputs(store, executions.get("Pusher")).get("pushed_model")
    verdicts = read_verdicts(sweep["blessing"].uri) if sweep else None
    return Summary(
        run_id=run.name,
        nodes=nodes,
        anomalies=read_anomalies(validated["anomalies"].uri) if validated else [],
        checkpoints=list(verdicts["checkpoints"]) if verdicts else [],
        sweep=_sweep(sweep, verdicts) if verdicts else None,
        evaluator=_evaluator(store, executions["Evaluator"], evaluator) if evaluator else None,
        pushed_model=_property(pushed, "pushed_destination") if pushed else None,
    )


def write_summary(summary: Summary, path: Path) -> None:
    """Writes `summary.json`."""
    write_json(path, dataclasses.asdict(summary))


def _open(path: Path) -> metadata_store.MetadataStore:
    config = proto.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    config.sqlite.connection_mode = proto.SqliteMetadataSourceConfig.READONLY
    return metadata_store.MetadataStore(config)


def _node(store: metadata_store.MetadataStore, execution: Any) -> str:
    contexts = store.get_contexts_by_execution(execution.id)
    node = next(c.name for c in contexts if c.type == "node")
    return str(node).rsplit(".", maxsplit=1)[-1]


def _state(execution: Any) -> str:
    return _State.Name(execution.last_known_state).lower()


def _seconds(execution: Any) -> float:
    begun, ended = execution.create_time_since_epoch, execution.last_update_time_since_epoch
    return (ended - begun) / 1000


def _outputs(store: metadata_store.MetadataStore, execution: Any | None) -> dict[str, Any]:
    """The output artifacts of an execution by key; none when it did not finish."""
    if execution is None or _state(execution) not in ("complete", "cached"):
        return {}
    events = store.get_events_by_execution_ids([execution.id])
    return _artifacts(store, [e for e in events if e.type == proto.Event.OUTPUT])


def _artifacts(store: metadata_store.MetadataStore, events: list[Any]) -> dict[str, Any]:
    by_id = {a.id: a for a in store.get_artifacts_by_id([e.artifact_id for e in events])}
    # One artifact may be under two keys, in one event: a candidate can be its own baseline.
    return {s.key: by_id[e.artifact_id] for e in events for s in e.path.steps if s.key}


def _property(artifact: Any, name: str) -> Any:
    value = artifact.custom_properties[name]
    return getattr(value, value.WhichOneof("value"))


def _sweep(outputs: dict[str, Any], verdicts: Any) -> dict[str, Any]:
    steps = {v["name"]: v["step"] for v in verdicts["checkpoints"]}
    return {
        "chosen": verdicts["chosen"],
        "chosen_step": steps.get(verdicts["chosen"]),
        "blessed": verdicts["blessed"],
        "reason": verdicts["reason"],
        "selection": verdicts["selection"],
    } | {key: outputs[key].uri for key in ("evaluation", "model", "blessing")}


def _evaluator(
    store: metadata_store.MetadataStore, execution: Any, outputs: dict[str, Any]
) -> dict[str, Any]:
    events = store.get_events_by_execution_ids([execution.id])
    inputs = _artifacts(store, [e for e in events if e.type == proto.Event.INPUT])
    baseline = inputs.get("baseline_model")
    return {
        "blessed": _property(outputs["blessing"], constants.ARTIFACT_PROPERTY_BLESSED_KEY) == 1,
        "failures": threshold_failures(outputs["evaluation"].uri),
        "baseline_model": baseline.uri if baseline else None,
        "evaluation": outputs["evaluation"].uri,
    }
