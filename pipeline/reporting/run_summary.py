"""What is told of one run, and the file that it is told in."""

import dataclasses
import datetime
import json
import os
import uuid
from pathlib import Path
from typing import Any

from checkpoint_sweep.common.files import PARTIAL

COMPLETE = "complete"
FAILED = "failed"
# A key of `training`, and a custom property of the model run.
CONTINUED_FROM = "continued_from_step"


@dataclasses.dataclass(frozen=True)
class Node:
    """One node of a run.

    Attributes:
        name: Id of the node.
        state: "complete", "cached", "failed", "interrupted" or "running"; a node that was skipped
            is not there.
        seconds: Wall time between the two updates of its execution.
    """

    name: str
    state: str
    seconds: float


@dataclasses.dataclass(frozen=True)
class Summary:
    """One run of the pipeline; `summary.json` has the same keys.

    Attributes:
        run_id: Id of the run in the metadata store.
        state: "complete" or "failed"; a run that blessed or pushed nothing is complete too.
        reason: Why it failed, or why it has pushed something or nothing, in one sentence.
        nodes: Nodes that ran, in order.
        anomalies: How the data depart from the schema, a sentence each.
        training: Keys `model_run` (folder) and `continued_from_step`: the step from which training
            went on where an earlier run was interrupted, or None; None when it did not end.
        checkpoints: Verdicts of the sweep: name, step, eligible, value, reason, and how sure the
            value is, see `checkpoint_sweep.selection.decision.Verdict`; of averages `averaged` too,
            the steps of the checkpoints in them.
        sweep: Keys `chosen` (name or None), `chosen_step`, `averaged_steps` (None where a
            checkpoint is chosen), `blessed`, `reason`, `selection` (metric, slice, direction),
            `evaluation`, `model` and `blessing` (folders).
        evaluator: Keys `blessed`, `failures`, `words` and `metrics` (the metrics that decided, with
            their intervals), `baseline_model` (folder or None), `evaluation`; None when it did not
            run.
        pushed_model: Folder of the SavedModel that was pushed, or None.
    """

    run_id: str
    state: str
    reason: str
    nodes: list[Node] = dataclasses.field(default_factory=list)
    anomalies: list[str] = dataclasses.field(default_factory=list)
    training: dict[str, Any] | None = None
    checkpoints: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    sweep: dict[str, Any] | None = None
    evaluator: dict[str, Any] | None = None
    pushed_model: str | None = None


def new_run_id() -> str:
    """Makes the id of a run that begins now; ids sort by time."""
    return datetime.datetime.now().isoformat(timespec="microseconds")


def begun(run_id: str) -> Summary:
    """Summarizes a run that has begun, for as long as there is no better summary."""
    return Summary(run_id, FAILED, "The run has not ended: it is running, or it was killed.")


def write_summary(summary: Summary, path: Path) -> None:
    """Writes `summary.json` whole or not at all, and without TensorFlow, which may be at fault."""
    scratch = path.with_name(f"{path.name}{PARTIAL}{uuid.uuid4().hex}")
    scratch.write_text(json.dumps(dataclasses.asdict(summary), indent=2, allow_nan=False) + "\n")
    os.replace(scratch, path)
