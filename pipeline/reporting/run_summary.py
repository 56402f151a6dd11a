"""What is told of one run, and the file that it is told in."""

import dataclasses
import datetime
import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from checkpoint_sweep.common.files import PARTIAL
from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict

# Of `summary.json`: raised when a key changes its meaning or goes; keys may be added.
VERSION = 1
COMPLETE = "complete"
FAILED = "failed"
# A custom property of the model run.
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


class Training(TypedDict):
    """The folder of the checkpoints, and the step from which training went on.

    The step is that of an earlier run that was interrupted; None when training began anew.
    """

    model_run: str
    continued_from_step: int | None


@dataclasses.dataclass(frozen=True)
class SweepSummary:
    """What the sweep of a run has found.

    Attributes:
        decision: Choice, and a verdict on every candidate.
        evaluation: Folder of the results.
        model: Folder of the chosen model.
        blessing: Folder of the blessing.
    """

    decision: SweepVerdicts
    evaluation: str
    model: str
    blessing: str

    def to_dict(self) -> Json:
        """Returns the key `sweep` of `summary.json`."""
        winner = self.decision.winner
        return {
            "chosen": self.decision.chosen,
            "chosen_step": winner.step if winner else None,
            "averaged_steps": winner.averaged if winner else None,
            "blessed": self.decision.blessed,
            "reason": self.decision.reason,
            "selection": self.decision.selection.to_dict(),
            "evaluation": self.evaluation,
            "model": self.model,
            "blessing": self.blessing,
        }


@dataclasses.dataclass(frozen=True)
class Confirmation:
    """What the Evaluator has found; `summary.json` has the same keys.

    Attributes:
        blessed: Whether the model is blessed.
        failures: One sentence for each threshold that it missed.
        words: Metrics that decided, in a sentence; "" where stock TFX evaluated.
        metrics: The same metrics with their intervals, as `verdict.json` has them.
        baseline_model: Folder of the model that it was compared with; None without one.
        evaluation: Folder of the results.
    """

    blessed: bool
    failures: list[str]
    words: str
    metrics: list[Json]
    baseline_model: str | None
    evaluation: str


@dataclasses.dataclass(frozen=True)
class Summary:
    """One run of the pipeline.

    Attributes:
        run_id: Id of the run in the metadata store.
        state: "complete" or "failed"; a run that blessed or pushed nothing is complete too.
        reason: Why it failed, or why it has pushed something or nothing, in one sentence.
        nodes: Nodes that ran, in order.
        anomalies: How the data depart from the schema, a sentence each.
        training: Training of the run; None when it did not end.
        sweep: What the sweep has found; None when it did not end.
        evaluator: What the Evaluator has found; None when it did not run.
        pushed_model: Folder of the SavedModel that was pushed, or None.
    """

    run_id: str
    state: str
    reason: str
    nodes: list[Node] = dataclasses.field(default_factory=list)
    anomalies: list[str] = dataclasses.field(default_factory=list)
    training: Training | None = None
    sweep: SweepSummary | None = None
    evaluator: Confirmation | None = None
    pushed_model: str | None = None

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """The sweep's verdicts on its candidates; empty when it did not end."""
        return self.sweep.decision.verdicts if self.sweep else ()

    def to_dict(self) -> Json:
        """Returns the content of `summary.json`."""
        return {
            "version": VERSION,
            "run_id": self.run_id,
            "state": self.state,
            "reason": self.reason,
            "nodes": [dataclasses.asdict(node) for node in self.nodes],
            "anomalies": self.anomalies,
            "training": self.training,
            "checkpoints": [verdict.to_dict() for verdict in self.verdicts],
            "sweep": self.sweep.to_dict() if self.sweep else None,
            "evaluator": dataclasses.asdict(self.evaluator) if self.evaluator else None,
            "pushed_model": self.pushed_model,
        }


def new_run_id() -> str:
    """Makes the id of a run that begins now; ids sort by time."""
    return datetime.datetime.now().isoformat(timespec="microseconds")


def begun(run_id: str) -> Summary:
    """Summarizes a run that has begun, for as long as there is no better summary."""
    return Summary(run_id, FAILED, "The run has not ended: it is running, or it was killed.")


def write_summary(summary: Summary, path: Path) -> None:
    """Writes `summary.json` whole or not at all, and without TensorFlow, which may be at fault."""
    scratch = path.with_name(f"{path.name}{PARTIAL}{uuid.uuid4().hex}")
    scratch.write_text(json.dumps(summary.to_dict(), indent=2, allow_nan=False) + "\n")
    os.replace(scratch, path)
