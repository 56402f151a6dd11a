"""The judgement of a choice: whether it is blessed, and why."""

import json
from collections.abc import Sequence

from checkpoint_sweep.common.text import missed_thresholds, some
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.decision import Decision
from checkpoint_sweep.selection.formatting import plus_minus
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.sentence import all_passed, sentence
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict


def judge(
    decision: Decision,
    selection: Selection,
    direction: Direction,
    unvalidated_reason: str | None,
    unsure: Sequence[str] = (),
) -> SweepVerdicts:
    """Blesses a chosen candidate that had thresholds to meet.

    Without thresholds, or with such as every value meets, nothing was validated, so nothing is
    blessed, as stock TFX blesses nothing without thresholds; the choice is exported all the same.

    Args:
        decision: Choice, and a verdict on every candidate.
        selection: Selection that the choice was made by.
        direction: Direction of the selection metric.
        unvalidated_reason: Why meeting all thresholds says nothing of a candidate; None if it does.
        unsure: Sentence on each threshold that the chosen meets, but which its interval holds.
    """
    blessed, reason = _judge(decision, selection, direction, unvalidated_reason)
    if blessed and unsure:
        reason += f", but chance may explain it: {some(unsure, 1)}"
    applied = json.loads(selection.to_json()) | {
        "direction": direction.value,
        "cluster_key": decision.cluster_key,
    }
    return SweepVerdicts(
        decision.chosen, blessed, reason, AppliedSelection.from_dict(applied), decision.verdicts
    )


def _judge(
    decision: Decision, selection: Selection, direction: Direction, unvalidated_reason: str | None
) -> tuple[bool, str]:
    """Returns whether the choice is blessed, and by which rule, in a sentence."""
    if decision.chosen is None:
        verdicts = decision.verdicts
        kind = "candidates" if any(v.is_average for v in verdicts) else "checkpoints"
        closest = _closest(verdicts, selection, direction)
        return False, f"none of the {len(verdicts)} {kind} passed{closest}"
    chosen = sentence(decision, selection)
    if unvalidated_reason:
        why = f"{unvalidated_reason}: nothing was validated"
        return False, f"{why}. The choice: {chosen}"
    return True, f"{chosen}; {all_passed(selection.threshold_mode, selection.level)}"


def _closest(verdicts: Sequence[Verdict], selection: Selection, direction: Direction) -> str:
    """Names the best by the selection metric of those that missed thresholds, and what it lacks."""
    missed = [
        (direction.loss(verdict.value), verdict)
        for verdict in verdicts
        if verdict.missed and verdict.value is not None
    ]
    if not missed:
        return ""
    _, verdict = min(missed, key=lambda pair: pair[0])
    why = missed_thresholds(verdict.missed)
    if not why.startswith(f"{selection.metric_name} "):  # Which names the value.
        why = f"{selection} {plus_minus(verdict.value or 0.0, verdict.half_width)}, but {why}"
    return f"; closest: {verdict.label}, {why}"
