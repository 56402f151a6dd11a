"""Whether a choice is blessed, and what is said of it."""

import dataclasses
import json
from typing import Any

from checkpoint_sweep.selection.decision import Decision
from checkpoint_sweep.selection.direction import Direction
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.words import sentence


@dataclasses.dataclass(frozen=True)
class Judgement:
    """Whether the sweep blesses its choice.

    Attributes:
        blessed: whether the chosen checkpoint met thresholds that were configured.
        reason: by which rule, in one sentence.
    """

    blessed: bool
    reason: str


def judge(decision: Decision, selection: Selection, unvalidated_reason: str | None) -> Judgement:
    """Blesses a chosen checkpoint that had thresholds to meet.

    Without thresholds, or with such as every value meets, nothing was validated, so nothing is
    blessed, as stock TFX blesses nothing without thresholds; the choice is exported all the same.
    """
    if decision.chosen is None:
        verdicts = decision.verdicts
        averaged = any(v.averaged is not None for v in verdicts)
        kind = "candidates" if averaged else "checkpoints"
        return Judgement(False, f"none of the {len(verdicts)} {kind} is eligible")
    chosen = sentence(decision, selection)
    if unvalidated_reason:
        why = f"{unvalidated_reason}: nothing was validated"
        return Judgement(False, f"{why}. The choice: {chosen}")
    return Judgement(True, f"{chosen}; it met every threshold")


def verdicts_to_json(
    decision: Decision, judgement: Judgement, selection: Selection, direction: Direction
) -> dict[str, Any]:
    """The content of `verdicts.json`."""
    return {
        "blessed": judgement.blessed,
        "reason": judgement.reason,
        "chosen": decision.chosen,
        "selection": json.loads(selection.to_json()) | {"direction": direction.value},
        "best_set": [v.name for v in decision.verdicts if v.in_best_set],
        "checkpoints": [dataclasses.asdict(v) for v in decision.verdicts],
    }
