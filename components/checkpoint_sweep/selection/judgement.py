"""The judgement of a choice: whether it is blessed, and why."""

import json

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.decision import Decision
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.sentence import sentence
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts


def judge(
    decision: Decision, selection: Selection, direction: Direction, unvalidated_reason: str | None
) -> SweepVerdicts:
    """Blesses a chosen candidate that had thresholds to meet.

    Without thresholds, or with such as every value meets, nothing was validated, so nothing is
    blessed, as stock TFX blesses nothing without thresholds; the choice is exported all the same.

    Args:
        decision: Choice, and a verdict on every candidate.
        selection: Selection that the choice was made by.
        direction: Direction of the selection metric.
        unvalidated_reason: Why meeting all thresholds says nothing of a candidate; None if it does.
    """
    blessed, reason = _judge(decision, selection, unvalidated_reason)
    applied = json.loads(selection.to_json()) | {"direction": direction.value}
    return SweepVerdicts(
        decision.chosen, blessed, reason, AppliedSelection.from_dict(applied), decision.verdicts
    )


def _judge(
    decision: Decision, selection: Selection, unvalidated_reason: str | None
) -> tuple[bool, str]:
    """Returns whether the choice is blessed, and by which rule, in a sentence."""
    if decision.chosen is None:
        verdicts = decision.verdicts
        kind = "candidates" if any(v.is_average for v in verdicts) else "checkpoints"
        return False, f"none of the {len(verdicts)} {kind} passed"
    chosen = sentence(decision, selection)
    if unvalidated_reason:
        why = f"{unvalidated_reason}: nothing was validated"
        return False, f"{why}. The choice: {chosen}"
    return True, f"{chosen}; it passed every threshold"
