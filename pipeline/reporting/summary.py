"""What a run did, read from the metadata store and the artifacts."""

import dataclasses
from pathlib import Path

from ml_metadata import proto

from checkpoint_sweep.common.text import missed_thresholds
from checkpoint_sweep.report.sweep_result import read_verdicts
from pipeline.reporting.anomalies import read_anomalies
from pipeline.reporting.confirmation import EVALUATOR, read_confirmation
from pipeline.reporting.pushes import Push, last_push
from pipeline.reporting.run_summary import (
    COMPLETE,
    CONTINUED_FROM,
    FAILED,
    Node,
    Summary,
    SweepSummary,
    Training,
)
from pipeline.reporting.store import Store, properties, seconds, state

_NOT_ENDED = {"failed": "has failed", "interrupted": "was interrupted", "running": "is running"}


def summarize(metadata: Path, run_id: str | None = None) -> Summary:
    """Reads a run of the pipeline.

    Args:
        metadata: Metadata store.
        run_id: Id of a run; None for the last one.

    Raises:
        LookupError: the metadata store does not have the run.
    """
    store = Store.open(metadata)
    wanted = run_id or store.last_run()
    executions = store.executions(wanted) if wanted else {}
    if wanted is None or not executions:
        raise LookupError(f"No run {run_id or ''} is recorded in {metadata}.")
    outputs = {name: store.outputs(execution) for name, execution in executions.items()}
    summary = Summary(
        run_id=wanted,
        state=COMPLETE,
        reason="",
        nodes=[Node(name, state(e), seconds(e)) for name, e in executions.items()],
    )
    if found := outputs.get("ExampleValidator"):
        anomalies = read_anomalies(found["anomalies"].uri)
        summary = dataclasses.replace(summary, anomalies=anomalies)
    if found := outputs.get("Trainer"):
        summary = dataclasses.replace(summary, training=_training(found["model_run"]))
    sweep = outputs.get("CheckpointSweep", {})
    if sweep:
        found_by_sweep = SweepSummary(
            read_verdicts(sweep["blessing"].uri),
            **{key: sweep[key].uri for key in ("evaluation", "model", "blessing")},
        )
        summary = dataclasses.replace(summary, sweep=found_by_sweep)
    if found := outputs.get(EVALUATOR):
        baseline = store.inputs(executions[EVALUATOR]).get("baseline_model")
        summary = dataclasses.replace(summary, evaluator=read_confirmation(found, baseline))
    if found := outputs.get("Pusher"):
        summary = dataclasses.replace(summary, pushed_model=_pushed(found["pushed_model"]))
    ended, reason = _outcome(summary, sweep.get("model"), last_push(store))
    return dataclasses.replace(summary, state=ended, reason=reason)


def _training(model_run: proto.Artifact) -> Training:
    step = properties(model_run).get(CONTINUED_FROM)
    return Training(model_run=model_run.uri, continued_from_step=step)


def _pushed(artifact: proto.Artifact) -> str | None:
    """Reads where the Pusher pushed to; None when it was not to push, and said so."""
    noted = properties(artifact)
    return str(noted["pushed_destination"]) if noted.get("pushed") == 1 else None


def _outcome(summary: Summary, chosen: proto.Artifact | None, push: Push | None) -> tuple[str, str]:
    """Says how the run ended, and why so, in one sentence.

    Args:
        summary: All else of the summary.
        chosen: Model artifact that the sweep has written, if it ran.
        push: Last push that there was.
    """
    for node in summary.nodes:
        if node.state in _NOT_ENDED:
            return FAILED, f"{node.name} {_NOT_ENDED[node.state]}."
    if summary.sweep is None:
        return FAILED, "The run ended before the sweep."
    decision = summary.sweep.decision
    if not decision.blessed:
        return COMPLETE, f"The sweep blessed nothing: {decision.reason.rstrip('.')}."
    if summary.pushed_model:
        return COMPLETE, f"The model was pushed to {summary.pushed_model}."
    if summary.evaluator is None:
        if push and chosen and push.model == chosen.id:
            return COMPLETE, (
                "Nothing has changed: the chosen model is the one that was pushed to "
                f"{push.destination}."
            )
        return FAILED, "The run ended before the Evaluator."
    if not summary.evaluator.blessed:
        failures = summary.evaluator.failures
        why = missed_thresholds(failures) if failures else "its blessing says why"
        return COMPLETE, f"The Evaluator did not bless the model: {why}."
    return FAILED, "The run ended before the Pusher."
